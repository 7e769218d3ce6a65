import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ROOT } from "../house/tree.ts";

const BUILD = "0123456789abcdef".repeat(2);
const OTHER_BUILD = BUILD.toUpperCase();

/** V8 compares code only by its length, so the value shows whether a process ran the bytecode or the code. */
describe("a file of the bundle", () => {
  let folder: string;
  beforeEach(() => {
    // The cache of Node.js is two folders above the bundle.
    folder = join(mkdtempSync(join(tmpdir(), "mosaic part ")), "build/bundle");
    mkdirSync(folder, { recursive: true });
    onTestFinished(() => rmSync(join(folder, "../.."), { recursive: true, force: true }));
    writeCode(BUILD, 1);
    load({ isKept: true });
  });

  test("runs its bytecode", () => {
    expect(load()).toBe("1");
    writeCode(BUILD, 2);
    expect(load()).toBe("1");
  });

  test("runs its code if the bytecode is of another build", () => {
    writeCode(OTHER_BUILD, 2);
    expect(load()).toBe("2");
  });

  test("runs its code if another size of the stack makes V8 reject the bytecode", () => {
    writeCode(BUILD, 2);
    expect(load({ stack: 2000 })).toBe("2");
  });

  test.each([0, 20, 32, 33, 200])("runs its code if the bytecode was cut after %i bytes", (length) => {
    truncateSync(join(folder, "part.bytecode"), length);
    writeCode(BUILD, 2);
    expect(load()).toBe("2");
  });

  test("keeps new bytecode", () => {
    writeCode(OTHER_BUILD, 2);
    expect(load({ isKept: true })).toBe("2");
    writeCode(OTHER_BUILD, 3);
    expect(load()).toBe("2");
  });

  function writeCode(build: string, value: number): void {
    writeFileSync(join(folder, "part.code.cjs"), `// ${build}\nexports.value = () => ${value};\n`);
  }

  function load({ isKept = false, stack = 3000 } = {}): string {
    const program = `import { loadPart } from ${JSON.stringify(join(ROOT, "packaging/load-part.mjs"))};
      console.log(loadPart(${JSON.stringify(folder)}, "part").value());`;
    const { MOSAIC_KEEP_BYTECODE: _, ...rest } = process.env;
    const env = isKept ? { ...rest, MOSAIC_KEEP_BYTECODE: "yes" } : rest;
    const options = [`--stack-size=${stack}`, "--input-type=module", "--eval", program];
    const { stdout, stderr } = spawnSync(process.execPath, options, { encoding: "utf8", env });
    return (stdout + stderr).trim();
  }
});
