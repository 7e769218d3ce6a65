import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";

const NATIVE: string = fileURLToPath(new URL("../../native", import.meta.url));
const SOURCES: readonly string[] = ["fuzz/split-join.c", "split.c", "join.c", "ip.c", "checksum.c"];
const SANITIZED: readonly string[] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-g"];

/** Runs the fuzzer of split and join for some seconds under sanitizers, which must find nothing. Returns the number of bytes. */
export function fuzz(seconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-fuzz-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "split-join");
  const sources = SOURCES.map((source) => join(NATIVE, source));
  const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", ...SANITIZED, `-I${NATIVE}`];
  expect(run("cc", ...flags, "-o", program, ...sources)).toEqual({ status: 0, stderr: "", stdout: "" });
  const outcome = run(program, String(seconds));
  expect(outcome).toMatchObject({ status: 0, stderr: "" });
  const counts = /^seed \d+\n(\d+) bytes, [1-9]\d* split, [1-9]\d* groups of [1-9]\d* packets joined\n$/;
  expect(outcome.stdout).toMatch(counts);
  return Number(counts.exec(outcome.stdout)?.[1]);
}

function run(command: string, ...args: readonly string[]): { status: number | null; stderr: string; stdout: string } {
  const { status, stderr, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return { status, stderr, stdout };
}
