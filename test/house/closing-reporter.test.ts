import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "./tree.ts";

/** A test file of three tests, and a configuration that closes its run with our reporter. */
const TESTS = `
import { expect, test } from "vitest";
test("one", () => expect(1).toBe(1));
test("two", (ctx) => ctx.skip("needs root"));
test.skip("three", () => {});
`;

interface Closing {
  readonly status: number | null;
  readonly lines: readonly string[];
}

describe("the closing lines of a test run", { timeout: 60_000 }, () => {
  test("name each skipped test with its reason, then give the three numbers", () => {
    expect(closing("undefined")).toEqual({
      status: 0,
      lines: [
        "skipped: some.test.ts > two: needs root",
        "skipped: some.test.ts > three: no reason given",
        "1 passed, 0 failed, 2 skipped",
      ],
    });
  });

  test("a run fails when it skipped a test that is not on the list of allowed ones", () => {
    expect(
      closing('readAllowedSkips("allowed.txt")', { "allowed.txt": "# it has no root\nsome.test.ts > two\n" }),
    ).toEqual({
      status: 1,
      lines: [
        "skipped: some.test.ts > two: needs root",
        "skipped: some.test.ts > three: no reason given",
        "may not be skipped here: some.test.ts > three",
        "1 passed, 0 failed, 2 skipped",
      ],
    });
  });

  test("a failed test, and a file that does not load, are failures", () => {
    const broken = {
      "fails.test.ts": `import { test } from "vitest"; test("no", () => { throw Error(); });`,
      "b.test.ts": "(",
    };
    expect(closing("undefined", broken)).toMatchObject({
      status: 1,
      lines: expect.arrayContaining(["1 passed, 2 failed, 2 skipped"]),
    });
  });

  test("tests that were not asked for by name are not skipped ones", () => {
    expect(closing("undefined", {}, ["-t", "one"]).lines).toEqual(["1 passed, 0 failed, 0 skipped"]);
  });
});

/** Runs Vitest in a folder of its own, with our reporter and nothing else to write. */
function closing(allowed: string, more: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Closing {
  const config = `
import { ClosingReporter } from "${join(ROOT, "test/house/closing-reporter.ts")}";
import { readAllowedSkips } from "${join(ROOT, "test/house/skips.ts")}";
export default { test: { reporters: [new ClosingReporter(${allowed})] } };
`;
  const folder = mkdtempSync(join(tmpdir(), "mosaic-closing-"));
  try {
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const files = { "some.test.ts": TESTS, "vitest.config.ts": config, ...more };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return runVitest(folder, args);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runVitest(folder: string, args: readonly string[]): Closing {
  const vitest = spawnSync(join(ROOT, "node_modules/.bin/vitest"), ["run", ...args], { cwd: folder, encoding: "utf8" });
  return { status: vitest.status, lines: vitest.stdout.trim().split("\n") };
}
