import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { flagsFor } from "../../../src/cli/run/optimise-early.ts";

test("a tested version of V8 gets flags that it knows, another version gets none", () => {
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  const names = flagsFor(process.versions.v8).map((flag) => flag.replace(/^--(no-)?/, "").replace(/=.*$/, ""));
  for (const name of names) expect(known).toContain(` --${name} (`);
  expect(flagsFor("13.6.233.17-node.53")).toHaveLength(4);
  expect(flagsFor("14.1.146.11-node.14")).toEqual([]);
});
