import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";

const NATIVE: string = fileURLToPath(new URL("../../native", import.meta.url));

type FuzzerName = "split-join" | "sessions" | "replay-window";

/** A fuzzer: the sources beside its own that it is built from, and the form of its last line, which begins with the amount of work. */
interface Fuzzer {
  readonly sources: readonly string[];
  readonly outcome: RegExp;
}

const FUZZERS: Readonly<Record<FuzzerName, Fuzzer>> = {
  "split-join": {
    sources: ["split.c", "join.c", "ip.c", "checksum.c"],
    outcome: /^seed \d+\n(\d+) bytes, [1-9]\d* split, [1-9]\d* groups of [1-9]\d* packets joined\n$/,
  },
  "replay-window": {
    sources: ["replay-window.c"],
    outcome: /^seed \d+\n(\d+) counters, [1-9]\d* admitted, [1-9]\d* refused\n$/,
  },
  sessions: {
    sources: ["sessions.c", "aead.c", "replay-window.c", "udp-steering.c", "udp-address.c", "clock.c", "mac.c"],
    outcome: /^seed \d+\n(\d+) datagrams, [1-9]\d* opened\n$/,
  },
};

const SANITIZED: readonly string[] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-g"];

/** Runs a fuzzer for some seconds under sanitizers, which must find nothing. Returns the amount of work: bytes, datagrams or counters. */
export function fuzz(name: FuzzerName, seconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-fuzz-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, name);
  const { sources: others, outcome: counts } = FUZZERS[name];
  const sources = [`fuzz/${name}.c`, ...others].map((source) => join(NATIVE, source));
  const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", ...SANITIZED, `-I${NATIVE}`];
  expect(run("cc", ...flags, "-o", program, ...sources)).toEqual({ status: 0, stderr: "", stdout: "" });
  const outcome = run(program, String(seconds));
  expect(outcome).toMatchObject({ status: 0, stderr: "" });
  expect(outcome.stdout).toMatch(counts);
  return Number(counts.exec(outcome.stdout)?.[1]);
}

function run(command: string, ...args: readonly string[]): { status: number | null; stderr: string; stdout: string } {
  const { status, stderr, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return { status, stderr, stdout };
}
