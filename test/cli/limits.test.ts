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
const DEPTH = 201;
const MAX_SECONDS = 0.5;
/** Other load on the machine slows a process; the best of several tries is the cost of the work. */
const MAX_TRIES = 8;
const TIMEOUT_MS = 60_000;

interface Checked {
  readonly output: string;
  /** CPU time of the whole process. */
  readonly seconds: number;
}

/** Runs `mosaic check` on the text; returns its output and CPU time. */
function check(text: string): Promise<Checked> {
  const file = join(folder, "program.mzl");
  writeFileSync(file, text);
  const script = `${MOSAIC} check ${file} 2>&1; echo =; times`;
  return new Promise((resolve, reject) => {
    execFile("sh", ["-c", script], { maxBuffer: 2 ** 24 }, (error, stdout) => {
      if (error !== null) return reject(error);
      const [, output = "", times = ""] = /^([^]*)=\n([^]*)$/.exec(stdout) ?? [];
      resolve({ output, seconds: childTime(times) });
    });
  });
}

/** User and system time of the children: the second line that the shell's `times` prints. */
function childTime(times: string): number {
  const parts = (times.split("\n")[1] ?? "").matchAll(/(\d+)m([\d.]+)s/g);
  return Array.from(parts, ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds)).reduce((a, b) => a + b, 0);
}

function numbered(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => line(at)).join("\n");
}

function nested(open: string, close: string): string {
  return `a: out(X) :- one(Y), X := ${open.repeat(DEPTH)}Y${close.repeat(DEPTH)}.`;
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
    "macros that double their text, 40 times",
    `#define M0 X\n${numbered(40, (at) => `#define M${at + 1} M${at} M${at}`)}\na: out(M40) :- one(X).`,
    "source=N",
  ],
])(
  "%s: `mosaic check` names the option that raises the limit within half a second",
  { timeout: TIMEOUT_MS },
  async ([, text, option]) => {
    let best = Infinity;
    let usual = Infinity;
    for (let tries = 0; tries < MAX_TRIES && best > MAX_SECONDS; tries++) {
      const { output, seconds } = await check(text);
      expect(output).toContain(`--limit ${option}`);
      expect(output).toMatch(/: 1 error\n$/);
      best = Math.min(best, seconds);
      // The bound holds only for a machine on which a trivial check is fast.
      if (best > MAX_SECONDS) usual = Math.min(usual, (await check("a: out(X) :- one(X).")).seconds);
    }
    expect(best).toBeLessThanOrEqual(Math.max(MAX_SECONDS, usual === Infinity ? 0 : 1.5 * usual));
  },
);

test("20,001 rules inside an #if are counted after the text was parsed", { timeout: TIMEOUT_MS }, async () => {
  const { output } = await check(`#ifndef FEW\n${rules}\n#endif`);
  expect(output).toContain("--limit rules=N");
  expect(output).toMatch(/: 1 error\n$/);
});

test("an error in each of 10,000 rules is printed quickly", { timeout: TIMEOUT_MS }, async () => {
  const { output, seconds } = await check(numbered(10_000, (at) => `r${at}: out(Y${at}) :- one(X, X).`));
  expect(output).toMatch(/: 10000 errors\n$/);
  expect(seconds).toBeLessThan(15);
});

test("similar names do not slow the check", { timeout: TIMEOUT_MS }, async () => {
  const { output, seconds } = await check(numbered(10_000, (at) => `r${at}: out${at}(X) :- but${at}(X).`));
  expect(output.match(/warning\[W0232\]/g)).toHaveLength(10_000);
  expect(seconds).toBeLessThan(15);
});
