/**
 * Loads a file of the bundle with the bytecode of its functions, which packaging/bundle.mjs keeps. Without it V8 compiles each function
 * at its first call, which takes a quarter of the processor time of a short command.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";

/** Length of the id of a build. The code begins with it, as a comment, and so does the file of bytecode. */
const ID_LENGTH = 32;
const COMMENT = "// ";

/**
 * Returns the exports of NAME.code.cjs in a folder.
 * @param {string} folder
 * @param {string} name
 * @returns {unknown}
 */
export function loadPart(folder, name) {
  const path = join(folder, `${name}.code.cjs`);
  const code = readFileSync(path, "utf8");
  const id = code.slice(COMMENT.length, COMMENT.length + ID_LENGTH);
  const file = join(folder, `${name}.bytecode`);
  const script = newScript(path, code, readBytecode(file, id));
  if (process.env["MOSAIC_KEEP_BYTECODE"] !== undefined) {
    process.once("exit", () => writeBytecode(file, id, script));
  }
  return run(script, folder, path);
}

/**
 * @param {string} filename
 * @param {string} code
 * @param {Uint8Array | undefined} cachedData
 */
function newScript(filename, code, cachedData) {
  // The wrapper adds no line, so that the lines of stack traces are those of the file.
  const text = `(function (exports, require, module, __filename, __dirname, importModule) {${code}\n})`;
  return new Script(text, { filename, ...(cachedData && { cachedData }) });
}

/**
 * Runs a module of CommonJS. Returns its exports. V8 rejects bytecode of another version of Node.js, or of a process with another size of
 * the stack; then it compiles the functions.
 * @param {Script} script
 * @param {string} folder
 * @param {string} path
 * @returns {unknown}
 */
function run(script, folder, path) {
  /** @type {{ exports: unknown }} */
  const module = { exports: {} };
  /** @type {(...args: readonly unknown[]) => void} */
  const body = script.runInThisContext();
  // A script cannot import modules by itself without a warning of Node.js.
  body(module.exports, createRequire(path), module, path, folder, (/** @type {string} */ module) => import(module));
  return module.exports;
}

/**
 * Returns the bytecode of the build with this id; undefined if there is none.
 * @param {string} file
 * @param {string} id
 */
function readBytecode(file, id) {
  try {
    const bytes = readFileSync(file);
    return bytes.latin1Slice(0, ID_LENGTH) === id ? bytes.subarray(ID_LENGTH) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes the bytecode of all functions that were called. Other processes may read the file at the same time.
 * @param {string} file
 * @param {string} id
 * @param {Script} script
 */
function writeBytecode(file, id, script) {
  const written = `${file}.${process.pid}`;
  writeFileSync(written, Buffer.concat([Buffer.from(id, "latin1"), script.createCachedData()]));
  renameSync(written, file);
}
