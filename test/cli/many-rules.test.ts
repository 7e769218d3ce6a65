import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { MOSAIC } from "./mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-many-"));
afterAll(() => rmSync(folder, { recursive: true }));

const RULES = 10_000;
const PROMISED_S = 3;
const PROMISED_MIB = 512;
/** So many times as long as a check of one rule; less than that on the machine that was promised for. */
const AS_ONE_RULE = 7;
/** What else the machine does costs time as well: the best of several tries is what the work takes. */
const MOST_TRIES = 8;
const PATIENCE_MS = 120_000;

/** Has the process say at its end what it took: seconds by the clock, and the most memory that it had, in MiB. */
const TELL =
  'process.stderr.write("took="+JSON.stringify([process.uptime(),process.resourceUsage().maxRSS/1024])+"\\n")';
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(`process.on("exit",()=>{${TELL}})`)}`;

interface Taken {
  readonly seconds: number;
  readonly mib: number;
}

function check(text: string): Promise<Taken> {
  const file = join(folder, "program.mzl");
  writeFileSync(file, text);
  return new Promise((resolve, reject) => {
    execFile(MOSAIC, ["check", file], { env: { ...process.env, NODE_OPTIONS } }, (error, _, stderr) => {
      if (error !== null) return reject(error);
      const [seconds = NaN, mib = NaN] = JSON.parse(/^took=(.*)$/m.exec(stderr)?.[1] ?? "[]") as number[];
      resolve({ seconds, mib });
    });
  });
}

function numbered(line: (at: number) => string): string {
  return Array.from({ length: RULES }, (_, at) => line(at)).join("\n");
}

const TABLES = "materialize(t, infinity, infinity, keys(1)).\nmaterialize(u, infinity, infinity, keys(1)).\n";

test.for<[string, string]>([
  ["a rule for each of as many events", numbered((at) => `out${at}(X) :- in${at}(X).`)],
  ["joins of two tables", TABLES + numbered((at) => `out${at}(B) :- in(A, ${at}), t(A, B), u(B, C), C > ${at}.`)],
])(
  "ten thousand rules are checked in three seconds and half a gigabyte: %s",
  { timeout: PATIENCE_MS },
  async ([, text]) => {
    let least: Taken = { seconds: Infinity, mib: Infinity };
    let usual = Infinity;
    for (let tries = 0; tries < MOST_TRIES && least.seconds >= PROMISED_S; tries++) {
      const taken = await check(text);
      if (taken.seconds < least.seconds) least = taken;
      // A machine on which one rule takes long is not the promise's.
      if (least.seconds >= PROMISED_S) usual = Math.min(usual, (await check("a: out(X) :- one(X).")).seconds);
    }
    expect(least.seconds).toBeLessThan(Math.max(PROMISED_S, usual === Infinity ? 0 : AS_ONE_RULE * usual));
    expect(least.mib).toBeLessThan(PROMISED_MIB);
  },
);
