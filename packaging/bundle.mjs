// Makes build/bundle: all sources that `mosaic` runs, with their libraries, in one file, and a file for each kind of thread and child
// process. A process starts from it in half the time that hundreds of source files take. The `mosaic` script runs this file when a
// source is newer than the bundle, and npm after an install.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BUNDLE = join(ROOT, "build/bundle");
/** Files are written beside the bundle and renamed, because other processes may start from it at the same time. */
const NEW = `${BUNDLE}.${process.pid}`;

/** Main modules of threads, by name. They are in the file of the command line, and share its bytecode. */
const THREADS = {
  "study-worker": "src/cli/topology/study-worker.ts",
  "explore-worker": "src/cli/explore/explore-worker.ts",
};
/** Main modules of child processes, by name. Each has a small file of its own. */
const PROCESSES = {
  "link-process": "lab/kernel/link-process.ts",
  "flow-process": "lab/kernel/flow-process.ts",
  "udp-echo": "lab/kernel/udp-echo.ts",
};
const MAIN_MODULES = [...Object.keys(THREADS), ...Object.keys(PROCESSES)];

/**
 * Begins each file of code, as a comment. A process of an earlier build may start while files are replaced, and V8 would run the
 * bytecode of another build if its code had the same length.
 */
const ID = randomBytes(16).toString("hex");

/** Module of the command line and of the threads. */
const MOSAIC = `export { start } from "./src/cli/start.ts";
${Object.entries(THREADS)
  .map(([name, path]) => `export const ${functionOf(name)} = () => import("./${path}");`)
  .join("\n")}`;

function functionOf(thread) {
  return thread.replace("-", "_");
}

/** Text of a file from which a process or a thread starts: it loads a file of code, and calls a function of it. */
function entryOf(code, call = "") {
  return `require("./load-part.code.cjs").loadPart(__dirname, ${JSON.stringify(code)})${call};\n`;
}

/** A run that calls most functions that commands call. */
const TRAINING = ["sim", join(ROOT, "lab/demo/wrong-entry.toml")];
const TRAINING_LIMIT_MS = 30_000;

/**
 * Keeps the bytecode of the functions of the bundle. V8 accepts it in processes that have the same size of stack, so it is the size
 * that the `mosaic` script passes, unless the stack of the process is smaller than usual. A bundle without bytecode works as well.
 */
function keepBytecode() {
  const env = { ...process.env, MOSAIC_KEEP_BYTECODE: "yes" };
  const options = { env, stdio: "ignore", timeout: TRAINING_LIMIT_MS };
  spawnSync(process.execPath, ["--stack-size=3000", join(BUNDLE, "main.cjs"), ...TRAINING], options);
}

/** The URL of a main module, as the sources write it. */
const URL_OF_PART = new RegExp(`new URL\\("(${MAIN_MODULES.join("|")})\\.ts", import\\.meta\\.url\\)`, "g");

/** Import of a module that is not in the bundle: a package with files of its own, or a plugin. `load-part.mjs` has the function. */
const IMPORT_AT_RUN_TIME = /(?<![.#\w])import\((?!"\.)/g;

/**
 * Replaces the URL of the main module of a thread or child process by its URL in the bundle, and `import.meta.url` by the URL of the
 * source, from which a module finds files of the checkout.
 */
const urlsOfSources = {
  name: "urls of sources",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const place = JSON.stringify(relative(BUNDLE, path));
      const url = `require("node:url").pathToFileURL(require("node:path").join(__dirname, ${place})).href`;
      const inBundle = 'require("node:url").pathToFileURL(require("node:path").join(__dirname, "$1.cjs"))';
      const contents = source.replace(URL_OF_PART, inBundle).replaceAll("import.meta.url", url);
      return { loader: "ts", contents: contents.replace(IMPORT_AT_RUN_TIME, "importModule(") };
    });
  },
};

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  // Packages with compiled code or files of their own, and packages that few commands load.
  external: ["echarts", "@resvg/resvg-js"],
  // A module of CommonJS loads a built-in module where it is used first: `node:http` alone takes 50 ms.
  format: "cjs",
  platform: "node",
  target: "node24",
  legalComments: "none",
  logLevel: "silent",
  banner: { js: `// ${ID}` },
  plugins: [urlsOfSources],
};

const started = new Date();
try {
  mkdirSync(NEW, { recursive: true });
  await build({
    ...OPTIONS,
    stdin: { contents: MOSAIC, resolveDir: ROOT, loader: "ts" },
    outfile: join(NEW, "mosaic.code.cjs"),
  });
  await build({
    ...OPTIONS,
    entryPoints: { ...PROCESSES, "load-part": "packaging/load-part.mjs" },
    entryNames: "[name].code",
    outdir: NEW,
    outExtension: { ".js": ".cjs" },
  });
  const calls = {
    main: ".start()",
    ...Object.fromEntries(Object.keys(THREADS).map((name) => [name, `.${functionOf(name)}()`])),
  };
  for (const [name, call] of Object.entries(calls)) writeFileSync(join(NEW, `${name}.cjs`), entryOf("mosaic", call));
  for (const name of Object.keys(PROCESSES)) writeFileSync(join(NEW, `${name}.cjs`), entryOf(name));
  // A source that changes during the build must be newer than the bundle.
  utimesSync(join(NEW, "main.cjs"), started, started);
  mkdirSync(BUNDLE, { recursive: true });
  const files = readdirSync(NEW).filter((file) => file !== "main.cjs");
  for (const file of [...files, "main.cjs"]) renameSync(join(NEW, file), join(BUNDLE, file));
  keepBytecode();
} catch {
  // Without a bundle, `mosaic` runs the sources, which also print the errors.
  process.exitCode = 1;
} finally {
  rmSync(NEW, { recursive: true, force: true });
}
