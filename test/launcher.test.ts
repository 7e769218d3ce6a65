import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ROOT } from "./house/tree.ts";

/** Substitute for Node that prints its arguments. */
const NODE = `#!/bin/sh
[ "$1" = --version ] && { echo VERSION; exit; }
case "$*" in *bundle.mjs) exit MADE ;; esac
echo "NAME: $*"
exit 7
`;
const MAIN = "src/cli/main.ts";
const BUNDLE = "build/bundle/main.cjs";
const BUNDLER = "packaging/bundle.mjs";
const OPTIONS =
  "--disable-sigusr1 --stack-size=3000 --min-semi-space-size=8 --max-semi-space-size=16 --max-old-space-size=5120";

describe("./mosaic", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mosaic launcher "));
    cpSync(join(ROOT, "mosaic"), join(folder, "mosaic"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  });

  test("runs the pinned Node with all arguments, returns its exit code, and needs no PATH", () => {
    addNode(pinned(), "pinned");
    expect(run("env", "-i", join(folder, "mosaic"), "run", "a b.mzl", "--json")).toEqual({
      status: 7,
      output: `pinned: ${OPTIONS} ${join(folder, MAIN)} run a b.mzl --json\n`,
    });
  });

  test("gives an exploration a larger young generation", () => {
    addNode(pinned(), "pinned");
    const options = OPTIONS.replace("-size=8", "-size=64").replace("-size=16", "-size=64");
    expect(run("env", "-i", join(folder, "mosaic"), "explore", "a.mzl").output).toBe(
      `pinned: ${options} ${join(folder, MAIN)} explore a.mzl\n`,
    );
  });

  test.each([
    ["by its path", "mosaic", "other", []],
    ["through a symbolic link", "absolute link", "other", []],
    ["through a link to a link", "links/link", "other", []],
    ["from its folder", "./mosaic", ".", []],
    ["as an argument of sh", "mosaic", ".", ["sh"]],
  ] as const)("finds the pinned Node when called %s", (_, path, from, shell) => {
    addNode(pinned(), "pinned");
    mkdirSync(join(folder, "other"));
    mkdirSync(join(folder, "links"));
    symlinkSync(join(folder, "mosaic"), join(folder, "absolute link"));
    symlinkSync("../absolute link", join(folder, "links/link"));
    const command = from === "." ? path : join(folder, path);
    const [first = command, ...rest] = [...shell, command];
    const { stdout } = spawnSync(first, rest, { cwd: join(folder, from), encoding: "utf8" });
    expect(stdout).toBe(`pinned: ${OPTIONS} ${join(folder, MAIN)}\n`);
  });

  test.each([
    [["--memory", "64"], 608],
    [["--memory=4096"], 6656],
    [["--memory=64", "--json"], 608],
    [["--memory", "much"], 5120],
  ] as const)("gives V8 more heap than %j", (words, heap) => {
    addNode(pinned(), "pinned");
    const { stdout } = spawnSync(join(folder, "mosaic"), ["run", ...words], { encoding: "utf8" });
    expect(stdout).toContain(` --max-old-space-size=${heap} `);
  });

  describe("with a bundle", () => {
    const source = () => join(folder, "runtime/engine.ts");
    const OLD = new Date(1e12);
    beforeEach(() => {
      const others = ["src/a.ts", "grammar/a.ts", "lab/a.ts", "native/a.ts", "package-lock.json", BUNDLE, BUNDLER];
      for (const file of [source(), ...others.map((name) => join(folder, name))]) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, "");
        utimesSync(file, OLD, OLD);
        utimesSync(dirname(file), OLD, OLD);
      }
    });

    test("runs the bundle", () => {
      addNode(pinned(), "pinned");
      expect(run(join(folder, "mosaic")).output).toBe(`pinned: ${OPTIONS} ${join(folder, BUNDLE)}\n`);
    });

    test.each([
      ["is changed", () => utimesSync(source(), new Date(), new Date())],
      ["is removed", () => rmSync(source())],
    ])("makes it again when a source %s, and runs the sources if that fails", (_, change) => {
      change();
      addNode(pinned(), "pinned", undefined, "0");
      expect(run(join(folder, "mosaic")).output).toBe(`pinned: ${OPTIONS} ${join(folder, BUNDLE)}\n`);
      addNode(pinned(), "pinned", undefined, "1");
      expect(run(join(folder, "mosaic")).output).toBe(`pinned: ${OPTIONS} ${join(folder, MAIN)}\n`);
    });
  });

  test("the threads of a study start from the bundle", () => {
    const loaded = `require("node:module").registerHooks({ load: (url, context, next) => {
      if (url.endsWith("-worker.ts")) process.stderr.write("loaded " + url + "\\n");
      return next(url, context); } });`;
    const preload = join(folder, "loaded.cjs");
    writeFileSync(preload, loaded);
    const study = ["sim", "lab/demo/wrong-entry.toml", "--seeds", "2"];
    const loadedBy = (...command: readonly [string, ...(readonly string[])]): string => {
      const [program, ...args] = command;
      const NODE_OPTIONS = `--require="${preload}"`;
      const env = { ...process.env, NODE_OPTIONS };
      const { status, stderr } = spawnSync(program, [...args, ...study], { cwd: ROOT, encoding: "utf8", env });
      expect(status).toBe(0);
      return stderr;
    };
    expect(loadedBy(process.execPath, join(ROOT, MAIN))).toContain("study-worker.ts");
    expect(loadedBy(join(ROOT, "mosaic"))).toBe("");
  });

  test("the bundle and the sources print the same", () => {
    const program = join(ROOT, "programs/ron.mzl");
    const commands = [
      ["--version"],
      ["check", "--stats", program],
      ["explain", "--code", "E0141"],
      ["explain", program],
    ];
    for (const command of commands) {
      const sources = run(process.execPath, join(ROOT, MAIN), ...command);
      expect(sources.status).toBe(0);
      expect(run(join(ROOT, "mosaic"), ...command)).toEqual(sources);
      expect(run(process.execPath, join(ROOT, BUNDLE), ...command)).toEqual(sources);
    }
  });

  test("finds the pinned Node when called through PATH", () => {
    addNode(pinned(), "pinned");
    expect(runIn(`${folder}${delimiter}/usr/bin:/bin`, "mosaic").output).toBe(
      `pinned: ${OPTIONS} ${join(folder, MAIN)}\n`,
    );
  });

  test.each(["v24.15.0", "v24.21.3", "v26.0.0", "v100.1.0-nightly"])(
    "takes Node %s from PATH if there is no pinned one",
    (version) => {
      addNode("bin/node", "found", version);
      expect(fromPath().output).toBe(`found: ${OPTIONS} ${join(folder, MAIN)}\n`);
    },
  );

  test.each(["v24.14.9", "v22.30.0", "v8.0.0", "", "what?"])("rejects Node %s", (version) => {
    addNode("bin/node", "found", version);
    expect(fromPath()).toEqual({
      status: 1,
      output: `mosaic: no Node 24.15 or newer; run \`npm ci\` in ${folder}, or put one in PATH\n`,
    });
  });

  test.each([
    [8192, 3000],
    [2048, 1536],
    [512, 384],
  ])("with a stack of %i KiB passes --stack-size=%i", (stack, depth) => {
    addNode(pinned(), "pinned");
    expect(withStack(stack, join(folder, "mosaic")).output).toContain(`--stack-size=${depth} `);
  });

  test("reports too deep nesting on a small stack, instead of a crash", () => {
    const program = join(folder, "deep.mzl");
    writeFileSync(program, `a(X) :- b(Y), X := ${"(".repeat(9000)}Y${")".repeat(9000)}.`);
    const { status, output } = withStack(512, join(ROOT, "mosaic"), "check", program);
    expect(status).toBe(1);
    expect(output).toContain("E0141");
  });

  test("replaces its process by Node, so that signals reach Node", async () => {
    mkdirSync(join(folder, "src/cli"), { recursive: true });
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(ROOT, `node_modules/node-linux-${arch()}`), join(folder, `node_modules/node-linux-${arch()}`));
    const program = `process.once("SIGTERM", () => process.exit(5)); setInterval(() => {}, 1000); console.log(process.pid);`;
    writeFileSync(join(folder, MAIN), program);
    const child = spawn(join(folder, "mosaic"), { stdio: ["ignore", "pipe", "inherit"] });
    expect((await once(child.stdout, "data")).map(String)).toEqual([`${child.pid}\n`]);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([5, null]);
  });

  function pinned(): string {
    return `node_modules/node-linux-${arch()}/bin/node`;
  }

  function addNode(file: string, name: string, version: string = "v24.21.0", made: string = "1"): void {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), NODE.replace("NAME", name).replace("VERSION", version).replace("MADE", made), {
      mode: 0o755,
    });
  }

  function fromPath(): ProcessResult {
    return runIn(`${join(folder, "bin")}:/usr/bin:/bin`, join(folder, "mosaic"));
  }
});

interface ProcessResult {
  readonly status: number | null;
  readonly output: string;
}

function withStack(size: number, ...command: readonly string[]): ProcessResult {
  return run("sh", "-c", `ulimit -s ${size} && exec "$@"`, "sh", ...command);
}

function runIn(path: string, ...command: readonly string[]): ProcessResult {
  return run("env", "-i", `PATH=${path}`, ...command);
}

function run(command: string, ...args: readonly string[]): ProcessResult {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}
