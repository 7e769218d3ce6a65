import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import type { TreeComparison } from "../../bench/compare/tree-comparison.ts";
import { needs } from "../needs.ts";
import { compare } from "./run-compare.ts";

test("a commit is compared with this tree, and nothing stays behind", (context) => {
  const reason = needs("git", "tar", "bash");
  if (reason !== undefined) return context.skip(reason);
  const { stdout, stderr } = compare("HEAD", "--only", "mosaic --version", "--rounds", "1", "--json");
  expect(stderr).toBe("");
  const { workload, change, noise } = JSON.parse(stdout) as TreeComparison;
  expect(workload).toBe("mosaic --version");
  expect(change.median.value / change.median.reference).toBeGreaterThan(0.1);
  expect(noise.median.value).toBeGreaterThan(0);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith("mosaic-compare-"))).toEqual([]);
}, 240_000);
