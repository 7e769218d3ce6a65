import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { mosaicInProcess } from "../in-process.ts";
import { mosaic } from "../mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-language-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("--plugin", () => {
  const program = file(
    "program.olg",
    `
    materialize(t, infinity, infinity, keys(1,2)).
    r1 t(@X, Y) :- go(@X, Z), Y := f_twice(Z).
    r2 t(@X, Y) :- broken(@X, Z), Y := f_broken(Z).
    stage("PAIRS", first, second).
    r3 first(@X) :- go(@X, Z).
    r4 t(@X, Y) :- second(@X, Y).
    go("localhost:10000", 21). go("localhost:10000", "text"). broken("localhost:10000", 1).
    `,
  );
  const plugin = file(
    "plugin.ts",
    `
    type Registry = { registerFunction: (...all: unknown[]) => void; registerStage: (...all: unknown[]) => void };
    export default function ({ registerFunction, registerStage }: Registry): void {
      registerFunction("f_twice", { args: ["number"], result: "number", pure: true }, ([x]: number[]) => (x ?? 0) * 2);
      registerFunction("f_broken", { args: ["any"], result: "any", pure: true }, () => { throw new Error("no"); });
      registerStage("PAIRS", (row: unknown[]) => [[...row, "a"], [...row, "b"]]);
    }
    `,
  );

  test("adds functions and stages; a failure in one ends the derivation and is counted", async () => {
    const ended = await mosaic("eval", program, "--plugin", plugin, "--print", "t");
    expect(ended.stdout).toBe('t("localhost:10000", 42).\nt("localhost:10000", "a").\nt("localhost:10000", "b").\n');
    expect(ended.stderr).toMatch(/rule r1 .*1 derivation/);
    expect(ended.stderr).toMatch(/rule r2 .*1 derivation/);
    expect(ended.stderr.match(/plugin\.ts: f_broken: no$/gm)).toHaveLength(1);
    expect(ended.code).toBe(0);
  });

  test.for<[string, string, number, RegExp]>([
    ["does not exist", join(folder, "none.ts"), 2, /--plugin: cannot load/],
    ["is a folder", folder, 2, /--plugin: cannot load \S+: it is a folder$/m],
    [
      "says nothing of a function's arguments",
      file("bare.ts", "export default (r) => r.registerFunction('f_x', () => 1);\n"),
      1,
      /f_x: the arguments after the name must be \{ args: /,
    ],
    [
      "names a kind that is none",
      file(
        "kind.ts",
        "export default (r) => r.registerFunction('f_x', { args: ['int'], result: 'any', pure: true }, () => 1);\n",
      ),
      1,
      /f_x: "int" is not one of the kinds null, bool, number/,
    ],
    [
      "has a stage without a function",
      file("stage.ts", "export default (r) => r.registerStage('S');\n"),
      1,
      /S: the second argument must be a function/,
    ],
    ["has no default function", file("empty.ts", "export const x = 1;\n"), 1, /its default export is not a function/],
    ["throws", file("throws.ts", "export default () => { throw new Error('broken'); };\n"), 1, /throws\.ts: broken/],
    ["is not valid JavaScript", file("syntax.ts", "export default (\n"), 1, /--plugin .*syntax\.ts/],
    [
      "takes a name that is taken",
      file(
        "taken.ts",
        "const now = { args: [], result: 'any', pure: true };\nexport default (r) => r.registerFunction('f_now', now, () => 1);\n",
      ),
      1,
      /the function f_now exists already/,
    ],
  ])("that %s is a message", async ([, path, code, message]) => {
    const ended = await mosaic("check", program, "--plugin", path);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/node:internal/);
  });
});

describe("--limit", () => {
  const nested = (depth: number): string => `p(X) :- q(Y), X := ${"f_tostr(".repeat(depth)}Y${")".repeat(depth)}.\n`;
  const cases: readonly {
    readonly name: string;
    readonly text: string;
    readonly option: string;
    readonly raised: string;
  }[] = [
    { name: "source", text: `${" ".repeat(2 ** 21)}p(X) :- q(X).`, option: "source=N", raised: "source=3" },
    { name: "rules", text: "p(X) :- q(X).\n".repeat(20_001), option: "rules=N", raised: "rules=20001" },
    { name: "nesting", text: nested(210), option: "nesting=N", raised: "nesting=300" },
  ];

  test.for(cases)(
    "a program that exceeds $name gets a message with the option that raises it",
    { timeout: 60_000 },
    async ({ name, text, option, raised }) => {
      const path = file(`${name}.mzl`, text);
      const refused = await mosaic("check", path);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(`\`--limit ${option}\` raises the limit`);
      expect((await mosaic("check", path, "--limit", raised)).code).toBe(0);
    },
  );

  test.for<[string, RegExp]>([
    ["size=3", /`size=3` is not source=N, rules=N or nesting=N/],
    ["rules=many", /rules must be an integer from 1 to 1000000/],
    ["nesting=501", /nesting must be an integer from 1 to 500/],
    ["__proto__=1", /is not source=N/],
  ])("%s is a usage error", async ([text, message]) => {
    const ended = await mosaicInProcess("check", file("good.mzl", "p(X) :- q(X).\n"), "--limit", text);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(message);
  });
});

test("--dialect applies to the named file; the extension of an imported file determines its dialect", async () => {
  file("imported.mzl", "materialize(t, infinity, infinity, keys(1)).\nt(1).\ne(1).\ni: t(A) :- e(A), A := A.\n");
  const main = file(
    "main.txt",
    `import "imported.mzl".
    materialize(u, infinity, infinity, keys(2)).
    r1 u(@X, N) :- go(@X, N), N := N + 1.
    go("localhost:10000", 1).
    `,
  );
  const ended = await mosaic("eval", main, "--dialect", "overlog", "--print", "u");
  expect(ended.stdout).toBe('u("localhost:10000", 2).\n');
});
