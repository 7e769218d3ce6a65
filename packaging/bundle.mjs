// Makes build/bundle: all sources that `mosaic` runs, with their libraries, in one file, and a file for each kind of thread and child
// process. A process starts from it in half the time that hundreds of source files take. The `mosaic` script runs this file when a
// source is newer than the bundle, and npm after an install.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BUNDLE = join(ROOT, "build/bundle");
/** Files are written beside the bundle and renamed, because other processes may start from it at the same time. */
const NEW = `${BUNDLE}.${process.pid}`;

/** Main modules of threads and child processes, by name. */
const PARTS = {
  "study-worker": "src/cli/topology/study-worker.ts",
  "explore-worker": "src/cli/explore/explore-worker.ts",
  "link-process": "lab/kernel/link-process.ts",
  "flow-process": "lab/kernel/flow-process.ts",
  "udp-echo": "lab/kernel/udp-echo.ts",
};

/** Entry point of a file of the bundle. src/cli/main.ts is the entry point of the sources. */
function entryOf(run) {
  return `const { join } = require("node:path");
require("node:module").enableCompileCache(join(__dirname, "../../node_modules/.cache/mosaic"));
${run};
`;
}

/** The URL of a main module, as the sources write it. */
const URL_OF_PART = new RegExp(`new URL\\("(${Object.keys(PARTS).join("|")})\\.ts", import\\.meta\\.url\\)`, "g");

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
      return { loader: "ts", contents: source.replace(URL_OF_PART, inBundle).replaceAll("import.meta.url", url) };
    });
  },
};

const started = new Date();
try {
  mkdirSync(NEW, { recursive: true });
  await build({
    entryPoints: Object.fromEntries(
      Object.entries({ mosaic: "src/cli/start.ts", ...PARTS }).map(([name, path]) => [
        `${name}.code`,
        join(ROOT, path),
      ]),
    ),
    outdir: NEW,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    // Packages with compiled code or files of their own, and packages that few commands load.
    external: ["echarts", "@resvg/resvg-js"],
    // A module of CommonJS loads a built-in module where it is used first: `node:http` alone takes 50 ms.
    format: "cjs",
    platform: "node",
    target: "node24",
    legalComments: "none",
    logLevel: "silent",
    plugins: [urlsOfSources],
  });
  for (const name of Object.keys(PARTS)) {
    writeFileSync(join(NEW, `${name}.cjs`), entryOf(`require("./${name}.code.cjs")`));
  }
  writeFileSync(join(NEW, "main.cjs"), entryOf('require("./mosaic.code.cjs").start()'));
  // A source that changes during the build must be newer than the bundle.
  utimesSync(join(NEW, "main.cjs"), started, started);
  mkdirSync(BUNDLE, { recursive: true });
  const files = readdirSync(NEW).filter((file) => file !== "main.cjs");
  for (const file of [...files, "main.cjs"]) renameSync(join(NEW, file), join(BUNDLE, file));
} catch {
  // Without a bundle, `mosaic` runs the sources, which also print the errors.
  process.exitCode = 1;
} finally {
  rmSync(NEW, { recursive: true, force: true });
}
