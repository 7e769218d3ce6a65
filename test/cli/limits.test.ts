import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { MOSAIC } from "./mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-limits-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SOURCE = 2 * 1024 * 1024;
const RULES = 20_001;
const DEEP = 201;
const PROMISED_S = 0.5;
/** What else the machine does costs a process time as well: the best of several tries is what the work takes. */
const MOST_TRIES = 8;
const PATIENCE_MS = 60_000;

interface Checked {
  readonly said: string;
  /** Processor time of the whole process. */
  readonly seconds: number;
}

/** What `mosaic check` says of the text, and what it took. */
function check(text: string): Promise<Checked> {
  const file = join(folder, "program.mzl");
  writeFileSync(file, text);
  const script = `${MOSAIC} check ${file} 2>&1; echo =; times`;
  return new Promise((resolve, reject) => {
    execFile("sh", ["-c", script], { maxBuffer: 2 ** 24 }, (error, stdout) => {
      if (error !== null) return reject(error);
      const [, said = "", times = ""] = /^([^]*)=\n([^]*)$/.exec(stdout) ?? [];
      resolve({ said, seconds: childTime(times) });
    });
  });
}

/** The second line of what the shell's `times` prints: those of its children, in the user's name and in the system's. */
function childTime(times: string): number {
  const parts = (times.split("\n")[1] ?? "").matchAll(/(\d+)m([\d.]+)s/g);
  return Array.from(parts, ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds)).reduce((a, b) => a + b, 0);
}

function numbered(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => line(at)).join("\n");
}

function nested(open: string, close: string): string {
  return `a: out(X) :- one(Y), X := ${open.repeat(DEEP)}Y${close.repeat(DEEP)}.`;
}

const rules = numbered(RULES, (at) => `r${at}: out${at}(X) :- in${at}(X).`);

test.for<[string, string, string]>([
  ["a text of 2 MiB and a character, in one line", `a: out(X) :- one(X), ${"X".repeat(SOURCE)}.`, "source=N"],
  ["a text of more than 2 MiB that is all comment", "// nothing at all\n".repeat(SOURCE / 16), "source=N"],
  ["20,001 rules", rules, "rules=N"],
  ["20,001 rules in views", `def v(X, &Y) {\n${rules}\n}`, "rules=N"],
  ["brackets 201 deep", nested("(", ")"), "nesting=N"],
  ["brackets 20,100 deep", nested("(".repeat(100), ")".repeat(100)), "nesting=N"],
  ["lists 201 deep", nested("[", "]"), "nesting=N"],
  ["calls 201 deep", nested("f_max(1, ", ")"), "nesting=N"],
  ["addresses 201 deep", nested("sr::(", ")"), "nesting=N"],
  ["signs 201 deep", nested("-", ""), "nesting=N"],
  ["choices 201 deep", nested("Y == 1 ? 2 : ", ""), "nesting=N"],
  [
    "macros that double what they stand for, 40 times",
    `#define M0 X\n${numbered(40, (at) => `#define M${at + 1} M${at} M${at}`)}\na: out(M40) :- one(X).`,
    "source=N",
  ],
])(
  "%s: `mosaic check` names the option that raises the limit within half a second",
  { timeout: PATIENCE_MS },
  async ([, text, option]) => {
    let best = Infinity;
    let usual = Infinity;
    for (let tries = 0; tries < MOST_TRIES && best > PROMISED_S; tries++) {
      const { said, seconds } = await check(text);
      expect(said).toContain(`--limit ${option}`);
      expect(said).toMatch(/: 1 error\n$/);
      best = Math.min(best, seconds);
      // A machine on which every check takes long is not the promise's.
      if (best > PROMISED_S) usual = Math.min(usual, (await check("a: out(X) :- one(X).")).seconds);
    }
    expect(best).toBeLessThanOrEqual(Math.max(PROMISED_S, usual === Infinity ? 0 : 1.5 * usual));
  },
);

test("20,001 rules behind a condition are counted when the text has been read", { timeout: PATIENCE_MS }, async () => {
  const { said } = await check(`#ifndef FEW\n${rules}\n#endif`);
  expect(said).toContain("--limit rules=N");
  expect(said).toMatch(/: 1 error\n$/);
});

test("a mistake in each of 10,000 rules is shown as fast as it is found", { timeout: PATIENCE_MS }, async () => {
  const { said, seconds } = await check(numbered(10_000, (at) => `r${at}: out(Y${at}) :- one(X, X).`));
  expect(said).toMatch(/: 10000 errors\n$/);
  expect(seconds).toBeLessThan(15);
});

test("names that are like each other do not multiply what a check takes", { timeout: PATIENCE_MS }, async () => {
  const { said, seconds } = await check(numbered(10_000, (at) => `r${at}: out${at}(X) :- but${at}(X).`));
  expect(said).toBe("");
  expect(seconds).toBeLessThan(15);
});
