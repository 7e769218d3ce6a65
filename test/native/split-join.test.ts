import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { needs } from "../needs.ts";

const NATIVE: string = fileURLToPath(new URL("../../native", import.meta.url));
const SOURCES: readonly string[] = ["fuzz/split-join.c", "split.c", "join.c", "ip.c", "checksum.c"];
const SANITIZED: readonly string[] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-g"];
const SECONDS = 3;

test("packets and headers of every kind are split and joined within their bounds, and what is joined comes apart again", ({
  skip,
}) => {
  skip(needs("cc", "address sanitizer") !== undefined, needs("cc", "address sanitizer"));
  const folder = mkdtempSync(join(tmpdir(), "mosaic-fuzz-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "split-join");
  const sources = SOURCES.map((source) => join(NATIVE, source));
  const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", ...SANITIZED, `-I${NATIVE}`];
  expect(run("cc", ...flags, "-o", program, ...sources)).toEqual({ status: 0, stderr: "", stdout: "" });
  const { status, stderr, stdout } = run(program, String(SECONDS));
  expect({ status, stderr, stdout }).toMatchObject({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^seed \d+\n[1-9]\d{6,} bytes, [1-9]\d* split, [1-9]\d* groups of [1-9]\d* packets joined\n$/);
});

function run(command: string, ...args: readonly string[]): { status: number | null; stderr: string; stdout: string } {
  const { status, stderr, stdout } = spawnSync(command, args, { encoding: "utf8", timeout: 60_000 });
  return { status, stderr, stdout };
}
