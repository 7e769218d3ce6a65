import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/command-list.ts";
import { ROOT } from "../house/tree.ts";
import { MOSAIC } from "./mosaic.ts";

function section(text: string, title: string): string {
  return text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
}

describe("the command list", () => {
  const names = COMMANDS.map(({ name }) => name);

  test("names exactly the files of commands/", () => {
    const files = readdirSync(new URL("../../src/cli/commands/", import.meta.url));
    expect(names.map((name) => `${name}.ts`).toSorted()).toEqual(files.toSorted());
  });

  test.each(COMMANDS)("loads $name from the file of its name", async ({ name, load }) => {
    expect((await load()).command.name).toBe(name);
  });

  test("is printed by --help in lines of at most 80 columns", () => {
    const { stdout } = spawnSync(MOSAIC, ["--help"], { encoding: "utf8" });
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("and the command list of README name the same commands", () => {
    const readme = section(readFileSync(new URL("../../README.md", import.meta.url), "utf8"), "Commands");
    const named = new Set([...readme.matchAll(/mosaic ([a-z]+)/g)].map(([, name = ""]) => name));
    expect([...named].toSorted()).toEqual(names.toSorted());
  });
});

/** A module for `--import` that prints the URL of each loaded module at exit. */
const LOADED_MODULES = `
  import { registerHooks } from "node:module";
  const urls = [];
  registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
  process.on("exit", () => process.stderr.write("loaded " + urls.join(" ") + "\\n"));`;

/** The source files of Mosaic that a command loads, which the bundle runs when they are loaded. */
function filesLoadedBy(...args: readonly string[]): readonly string[] {
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(LOADED_MODULES)}`;
  const { stderr } = spawnSync(process.execPath, [join(ROOT, "src/cli/main.ts"), ...args], {
    env: { ...process.env, NODE_OPTIONS },
    encoding: "utf8",
  });
  const [, urls = ""] = /^loaded (.*)$/m.exec(stderr) ?? [];
  const files = urls.split(" ").filter((url) => url.startsWith("file:"));
  return files.map((url) => relative(ROOT, fileURLToPath(url))).filter((path) => /^(?!node_modules).*\.ts$/.test(path));
}

describe("a command loads only its implementation:", () => {
  test("--version loads no command", () => {
    const files = filesLoadedBy("--version");
    expect(files).toContain("src/cli/command-line.ts");
    const needed =
      /^src\/cli\/(?:[a-z-]+\.ts|files\/version\.ts|terminal\/)|^runtime\/plan\/values\/(?:printable|count-of)\.ts$/;
    expect(files.filter((file) => !needed.test(file))).toEqual([]);
  });

  test("check loads the compiler, but no node, no lab and no other command", () => {
    const files = filesLoadedBy("check", "ping.mzl");
    expect(files).toEqual(expect.arrayContaining(["src/cli/commands/check.ts", "src/compile.ts"]));
    const others =
      /^lab\/|^runtime\/(?!plan\/)|^src\/cli\/(?:run|client|topology)\/|^src\/cli\/commands\/(?!check\.ts)/;
    expect(files.filter((file) => others.test(file))).toEqual([]);
  });
});
