import { expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

const RULES = 10_000;
/** For a machine that has other things to do; what compares all rules with all takes minutes. */
const PATIENCE_MS = 60_000;

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
      .slice(0, 1_500_000)
      .replace(/[^.]*$/, ""),
  ],
  [
    "views of views",
    `materialize(v0, infinity, infinity, keys(1)).\n${numbered(
      (at) => `materialize(v${at + 1}, infinity, infinity, keys(1)).\nv${at + 1}(X, Y) :- v${at}(X, Y), X < ${at}.`,
    )}`,
  ],
])("%s, 10,000 of them, compile in bounded time", { timeout: 2 * PATIENCE_MS }, ([, text]) => {
  const library = new FileLibrary();
  library.addText("large", text);
  const start = performance.now();
  const { plan, diagnostics } = compile(["large"], library, { defines: new Map(), dialect: undefined });
  expect(diagnostics).toEqual([]);
  expect(plan?.strands.length).toBeGreaterThanOrEqual(RULES);
  expect(performance.now() - start).toBeLessThan(PATIENCE_MS);
});
