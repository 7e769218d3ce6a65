import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LONG_FILES } from "./longest-first.ts";
import { ROOT } from "./tree.ts";

test("every long file exists", () => {
  expect(LONG_FILES.filter((name) => !existsSync(join(ROOT, `test/${name}.test.ts`)))).toEqual([]);
});
