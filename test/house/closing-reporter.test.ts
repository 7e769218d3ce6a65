import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "./tree.ts";

/** Test file with one passing and two skipped tests. */
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

describe("the closing reporter", { timeout: 60_000 }, () => {
  test("prints each skipped test with its reason, then the three numbers", () => {
    expect(closing("undefined")).toEqual({
      status: 0,
      lines: [
        "skipped: some.test.ts > two: needs root",
        "skipped: some.test.ts > three: no reason given",
        "1 passed, 0 failed, 2 skipped",
      ],
    });
  });

  test("fails a run that skips a test that is not allowed", () => {
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

  test("counts failed tests and files that do not load as failures", () => {
    const broken = {
      "fails.test.ts": `import { test } from "vitest"; test("no", () => { throw Error(); });`,
      "b.test.ts": "(",
    };
    expect(closing("undefined", broken)).toMatchObject({
      status: 1,
      lines: expect.arrayContaining(["1 passed, 2 failed, 2 skipped"]),
    });
  });

  test("does not count tests outside the selection by name as skipped", () => {
    expect(closing("undefined", {}, ["-t", "one"]).lines).toEqual(["1 passed, 0 failed, 0 skipped"]);
  });
});

/** Runs Vitest in a temporary folder, with the closing reporter as its only reporter. */
function closing(
  allowed: string,
  extraFiles: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Closing {
  const config = `
import { ClosingReporter } from "${join(ROOT, "test/house/closing-reporter.ts")}";
import { readAllowedSkips } from "${join(ROOT, "test/house/skips.ts")}";
export default { test: { reporters: [new ClosingReporter(${allowed})] } };
`;
  const folder = mkdtempSync(join(tmpdir(), "mosaic-closing-"));
  try {
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const files = { "some.test.ts": TESTS, "vitest.config.ts": config, ...extraFiles };
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
