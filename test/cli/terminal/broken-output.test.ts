import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MOSAIC } from "../mosaic.ts";

/** A file that fails every write: no space is left. */
const FULL = "/dev/full";
const TICKS = 3;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "mosaic-broken-output-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, "tick.mzl"), "t: tick(Id) :- periodic(Id, 0.05).\n");
  return path;
}

/** Runs a node with files as its output until `isDone`, then terminates it. */
async function run(stdout: string, stderr: string, isDone: () => boolean): Promise<number | null> {
  const files = [openSync(stdout, "a"), openSync(stderr, "a")] as const;
  const program = join(folder(), "tick.mzl");
  const args = ["run", program, "--no-control", "--listen", "127.0.0.1:0", "--watch", "tick"];
  const child = spawn(MOSAIC, args, { stdio: ["ignore", ...files] });
  while (!isDone() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGTERM");
  const [code] = (await once(child, "close")) as [number | null];
  return code;
}

function lines(path: string): readonly string[] {
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

test("a node runs on if its log cannot be written", async () => {
  const stdout = join(folder(), "stdout");
  writeFileSync(stdout, "");
  const code = await run(stdout, FULL, () => lines(stdout).length >= TICKS);
  expect([code, lines(stdout).length >= TICKS]).toEqual([0, true]);
});

test("a node whose results cannot be written logs it once, runs on, and ends with exit code 1", async () => {
  const stderr = join(folder(), "stderr");
  writeFileSync(stderr, "");
  const since = Date.now();
  const code = await run(
    FULL,
    stderr,
    () => /are lost/.test(readFileSync(stderr, "utf8")) && Date.now() - since > 2_000,
  );
  const reported = lines(stderr).filter((line) => line.includes("stdout"));
  expect([code, reported]).toEqual([1, ["mosaic: stdout: the disk is full; results are lost"]]);
});

test("a command fails if its results cannot be written", async () => {
  const child = spawn(MOSAIC, ["--version"], { stdio: ["ignore", openSync(FULL, "a"), "ignore"] });
  expect(await once(child, "close")).toEqual([1, null]);
});
