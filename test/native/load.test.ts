import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const NATIVE: string = fileURLToPath(new URL("../../native", import.meta.url));
const REMEDY = "`sh native/build.sh` builds it where there is a C compiler";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mosaic-load-"));
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  cpSync(join(NATIVE, "index.ts"), join(folder, "index.ts"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("an addon that was never built counts as missing", () => {
  expect(load()).toBe(`the native addon is not built; ${REMEDY}`);
});

test("a file that is not an addon counts as missing, with the reason in one line", () => {
  mkdirSync(join(folder, "build"));
  writeFileSync(join(folder, "build/mosaic.node"), "not a library\n");
  expect(load()).toMatch(/^the native addon does not load \([^\n]+\); `sh native\/build\.sh` builds it/);
});

function load(): string {
  const program = `import { loadNative } from "./index.ts"; console.log(loadNative().missing);`;
  const node = spawnSync(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, encoding: "utf8" });
  return node.stdout.trimEnd() + node.stderr;
}
