import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

test("twenty hosts start within 15 s, and are removed within 5 s", { timeout: 120_000 }, async ({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip");
  skip(reason !== undefined, reason);
  const folder = mkdtempSync(join(tmpdir(), "mosaic-twenty-"));
  const file = join(folder, "lab.toml");
  writeFileSync(file, 'duration = "1s"\nprograms = ["ron.mzl"]\nhosts = 20\n');
  const { code, stdout } = await mosaic("lab", file, "--json");
  rmSync(folder, { recursive: true });
  const { nodes, startSeconds, endSeconds } = JSON.parse(stdout) as Record<string, number>;
  process.stdout.write(`20 hosts: start ${startSeconds?.toFixed(1)} s, end ${endSeconds?.toFixed(1)} s\n`);
  expect([code, nodes]).toEqual([0, 20]);
  expect(startSeconds).toBeLessThan(15);
  expect(endSeconds).toBeLessThan(5);
});
