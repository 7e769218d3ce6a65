import { expect, test } from "vitest";
import { endpointNames } from "../../../src/cli/run/endpoint-names.ts";

test("a node answers to each --addr, to --listen and to the bound address, and tells the first", () => {
  const names = endpointNames("localhost:0", ["a.example:1", "10.0.0.2:1", "a.example:1"], "127.0.0.1:4000");
  expect(names).toEqual(["a.example:1", "10.0.0.2:1", "localhost:4000", "127.0.0.1:4000"]);
});
