import { expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

const RULES = 5_000;
/** Processor time, since other load delays the compiler. A quadratic algorithm takes minutes. */
const LIMIT_SECONDS = 15;
const TIMEOUT_MS = 300_000;

function numbered(rule: (at: number) => string): string {
  return Array.from({ length: RULES }, (_, at) => rule(at)).join("\n");
}

test.for<[string, string]>([
  [
    "events that join tables",
    numbered(
      (at) => `materialize(t${at}, infinity, infinity, keys(1)).
f${at}: t${at}(X, Y) :- fill${at}(X, Y).
r${at}: out${at}@Y(X, Y, Z) :- asked${at}(X, Z), t${at}(X, Y), Z > ${at}, W := X + 1, W < Z * 2.`,
    )
      .slice(0, 750_000)
      .replace(/[^.]*$/, ""),
  ],
  [
    "derived tables of derived tables",
    `materialize(v0, infinity, infinity, keys(1)).\n${numbered(
      (at) => `materialize(v${at + 1}, infinity, infinity, keys(1)).\nv${at + 1}(X, Y) :- v${at}(X, Y), X < ${at}.`,
    )}`,
  ],
])("%s: a program of 5,000 rules compiles in bounded time", { timeout: TIMEOUT_MS }, ([, text]) => {
  const library = new FileLibrary();
  library.addText("large", text);
  const start = process.cpuUsage();
  const { plan, diagnostics } = compile(["large"], library, { defines: new Map(), dialect: undefined });
  expect(diagnostics).toEqual([]);
  expect(plan?.strands.length).toBeGreaterThanOrEqual(RULES);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1e6).toBeLessThan(LIMIT_SECONDS);
});
