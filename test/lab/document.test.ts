import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formatTopologyError, readTopology } from "../../lab/topology/read-topology.ts";

test("the examples of docs/topology.md form a valid topology", () => {
  const page = readFileSync(new URL("../../docs/topology.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/^```toml\n([^]*?)^```/gm)].map((match) => match[1] ?? "");
  // The page shows both notations for hosts; a file has one of them.
  const text = blocks.join("").replace(/^hosts = 5.*$/m, "");
  const read = readTopology(text, "topology.md");
  expect(read.ok ? [] : read.errors.map(formatTopologyError)).toEqual([]);
  expect(read).toMatchObject({
    topology: { hosts: { length: 55 }, events: { length: 11 }, links: { length: 3 }, checks: { length: 8 } },
  });
});
