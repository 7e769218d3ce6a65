import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { needs } from "../needs.ts";

const NATIVE: string = fileURLToPath(new URL("../../native", import.meta.url));
const MODULES: string = fileURLToPath(new URL("../../node_modules", import.meta.url));
const AND_SO = "--tun will not work, everything else will\n";

describe("building the addon", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mosaic-build-"));
    cpSync(NATIVE, join(folder, "native"), { recursive: true, filter: (file) => !file.endsWith("/build") });
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  });

  test("prints nothing, and makes an addon that loads, with buffer checks and read-only relocations", ({ skip }) => {
    skip(needs("cc", "readelf") !== undefined, needs("cc", "readelf"));
    symlinkSync(MODULES, join(folder, "node_modules"));
    expect(build({})).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(createRequire(import.meta.url)(addon())).toMatchObject({ contract: 20 });
    const options = ["--wide", "--dynamic", "--program-headers", "--dyn-syms", addon()];
    const { stdout } = spawnSync("readelf", options, { encoding: "utf8" });
    expect(stdout).toMatch(/BIND_NOW/);
    expect(stdout).toMatch(/GNU_RELRO/);
    expect(stdout).toMatch(/GNU_STACK .* RW /);
    expect(stdout).toMatch(/UND __stack_chk_fail/);
    expect(stdout).toMatch(/UND __\w+_chk/);
  });

  test("uses the headers of the running Node.js where the checkout has none", ({ skip }) => {
    skip(needs("cc") !== undefined, needs("cc"));
    expect(build({ npm_node_execpath: process.execPath })).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(createRequire(import.meta.url)(addon())).toMatchObject({ contract: 20 });
  });

  test("reports a missing compiler in one line", () => {
    symlinkSync(MODULES, join(folder, "node_modules"));
    expect(build({ CC: "no-such-cc -m64" })).toEqual({
      status: 0,
      stdout: `mosaic: native addon not built: no C compiler (no-such-cc); ${AND_SO}`,
      stderr: "",
    });
  });

  test("reports missing headers in one line", () => {
    expect(build({ CC: "true", npm_node_execpath: "/nowhere/bin/node" })).toEqual({
      status: 0,
      stdout: `mosaic: native addon not built: no Node headers (node_api.h, uv.h); ${AND_SO}`,
      stderr: "",
    });
  });

  test("that fails shows the errors of the compiler, and leaves no old addon", () => {
    symlinkSync(MODULES, join(folder, "node_modules"));
    mkdirSync(join(folder, "native/build"));
    writeFileSync(addon(), "an older one");
    writeFileSync(join(folder, "cc"), "#!/bin/sh\necho no space left >&2\nexit 1\n", { mode: 0o755 });
    expect(build({ CC: join(folder, "cc") })).toEqual({
      status: 0,
      stdout: `mosaic: native addon not built: the C compiler failed; ${AND_SO}`,
      stderr: "no space left\n",
    });
    expect(existsSync(addon())).toBe(false);
  });

  function addon(): string {
    return join(folder, "native/build/mosaic.node");
  }

  function build(env: NodeJS.ProcessEnv): { status: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync("sh", [join(folder, "native/build.sh")], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], ...env },
    });
    return { status, stdout, stderr };
  }
});
