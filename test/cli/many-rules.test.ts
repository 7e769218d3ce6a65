import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../house/tree.ts";
import { MOSAIC } from "./mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-many-"));
afterAll(() => rmSync(folder, { recursive: true }));

const RULES = 10_000;
const CALLS = 2000;
const MAX_SECONDS = 3;
const MAX_MIB = 512;
/** Largest ratio to the time of a check of one rule by the sources, which is mostly the start of the process. */
const MAX_RATIO = 9.5;
/** Other load on the machine slows a process; the best of several tries is the cost of the work. */
const MAX_TRIES = 8;
const TIMEOUT_MS = 120_000;

const SOURCES: readonly [string, string] = [process.execPath, join(ROOT, "src/cli/main.ts")];

/** Makes the process print its wall-clock time in seconds and its peak memory in MiB at exit. */
const REPORT =
  'process.stderr.write("took="+JSON.stringify([process.uptime(),process.resourceUsage().maxRSS/1024])+"\\n")';
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(`process.on("exit",()=>{${REPORT}})`)}`;

interface Cost {
  readonly seconds: number;
  readonly mib: number;
}

function check(text: string, command: readonly [string, ...(readonly string[])] = [MOSAIC]): Promise<Cost> {
  const file = join(folder, "program.mzl");
  writeFileSync(file, text);
  return new Promise((resolve, reject) => {
    const [program, ...args] = command;
    execFile(program, [...args, "check", file], { env: { ...process.env, NODE_OPTIONS } }, (error, _, stderr) => {
      if (error !== null) return reject(error);
      const [seconds = NaN, mib = NaN] = JSON.parse(/^took=(.*)$/m.exec(stderr)?.[1] ?? "[]") as number[];
      resolve({ seconds, mib });
    });
  });
}

/** Returns the time of a check of one rule by the sources, the best of several. */
async function secondsOfOneRule(): Promise<number> {
  let least = Infinity;
  for (let times = 0; times < MAX_TRIES; times++) {
    least = Math.min(least, (await check("a: out(X) :- one(X).", SOURCES)).seconds);
  }
  return least;
}

function numbered(line: (at: number) => string): string {
  return Array.from({ length: RULES }, (_, at) => line(at)).join("\n");
}

const TABLES = "materialize(t, infinity, infinity, keys(1)).\nmaterialize(u, infinity, infinity, keys(1)).\n";

/** A view with these rules, and a rule with many calls of it. */
function manyCalls(rules: string): string {
  const calls = Array.from({ length: CALLS }, (_, at) => `v(X${at}, &X${at + 1})`);
  return `accept one(number).\ndef v(A, &B) { ${rules} }\nout(X${CALLS}) :- one(X0), ${calls.join(", ")}.`;
}

test.for<[string, string]>([
  ["a rule for each of as many events", numbered((at) => `accept in${at}(any). out${at}(X) :- in${at}(X).`)],
  ["joins of two tables", TABLES + numbered((at) => `out${at}(B) :- in(A, ${at}), t(A, B), u(B, C), C > ${at}.`)],
  ["two thousand calls in one rule", manyCalls("this.return(B) :- this.init(A), B := A + 1.")],
  [
    "two thousand calls of a view on another node in one rule",
    manyCalls('this.req@"10.0.0.2:10000"(A) :- this.init(A). this.return(A) :- this.req(A).'),
  ],
])(
  "ten thousand rules, or as much work, are checked in three seconds and half a gigabyte: %s",
  { timeout: TIMEOUT_MS },
  async ([, text]) => {
    let least: Cost = { seconds: Infinity, mib: Infinity };
    // The bound of three seconds holds only for a machine on which one rule is fast.
    let bound = MAX_SECONDS;
    for (let tries = 0; tries < MAX_TRIES && least.seconds >= bound; tries++) {
      const taken = await check(text);
      if (taken.seconds < least.seconds) least = taken;
      if (tries === 0 && least.seconds >= bound) bound = Math.max(bound, MAX_RATIO * (await secondsOfOneRule()));
    }
    expect(least.seconds).toBeLessThan(bound);
    expect(least.mib).toBeLessThan(MAX_MIB);
  },
);
