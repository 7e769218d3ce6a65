import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Dialect, Source } from "../../../grammar/span.ts";
import type { Library, ReadFailure } from "../../0-load/load.ts";
import { readStandardInputBytes } from "./standard-input.ts";
import { nearest } from "../../program/nearest.ts";
import { fileErrorReason, NO_SUCH_FILE } from "../terminal/file-error.ts";

/** Folder of the shipped programs. */
const PROGRAMS: string = fileURLToPath(new URL("../../../programs/", import.meta.url));

const OVERLOG_ENDINGS: readonly string[] = [".olg", ".ndlog"];
const PROGRAM_ENDINGS: readonly string[] = [".mzl", ...OVERLOG_ENDINGS];

/** Name of the standard input on the command line. */
const STANDARD_INPUT = "-";

/**
 * Program files on disk. The name in an import is relative to the importing file, a name on the command line to the working directory. A
 * name without a slash may also name a shipped program.
 */
export class FileLibrary implements Library {
  /** Program texts that are not files: the facts of `--fact`. */
  readonly #texts = new Map<string, Source>();

  addText(name: string, text: string): void {
    this.#texts.set(name, { file: name, text, dialect: "mozlog" });
  }

  explainFailure(path: string): ReadFailure {
    if (path === STANDARD_INPUT) return { reason: "the standard input cannot be read", help: undefined };
    const reason = readFailure(path);
    if (reason === IS_TOPOLOGY) return { reason, help: `run it with \`mosaic lab ${path}\` or \`mosaic sim ${path}\`` };
    if (reason === IS_FOLDER) return { reason, help: "name the files in it" };
    return { reason, help: reason === NO_SUCH_FILE ? suggestNames(path) : undefined };
  }

  read(path: string, from: string | undefined): Source | undefined {
    const addedText = this.#texts.get(path);
    if (addedText !== undefined) return addedText;
    if (path === STANDARD_INPUT) return from === undefined ? standardInput() : undefined;
    for (const candidate of candidates(path, from)) {
      const text = readText(candidate);
      if (text !== undefined) return { file: candidate, text, dialect: dialectOf(candidate) };
    }
    return undefined;
  }
}

let standardInputText: string | undefined;

/** Returns the text of the standard input, which is read once. Undefined if it cannot be read. */
export function standardInputOf(files: readonly string[]): string | undefined {
  return files.includes(STANDARD_INPUT) ? standardInput()?.text : undefined;
}

/** Takes a text in place of the standard input: in a thread, or for a counterexample that was found with it. */
export function replaceStandardInput(text: string | undefined): void {
  standardInputText = text ?? standardInputText;
}

/**
 * Reads the program on the standard input. Later calls, as after a reload, return the same text. Its imports are relative to the working
 * directory.
 */
function standardInput(): Source | undefined {
  standardInputText ??= readStandardInput();
  return standardInputText === undefined
    ? undefined
    : { file: STANDARD_INPUT, text: standardInputText, dialect: "mozlog" };
}

function candidates(path: string, from: string | undefined): readonly string[] {
  if (isAbsolute(path)) return [path];
  const base = from === undefined ? path : join(dirname(from), path);
  const isBare = !path.includes("/");
  return isBare ? [base, join(PROGRAMS, path), join(PROGRAMS, "overlog", path)] : [base];
}

function readStandardInput(): string | undefined {
  const bytes = readStandardInputBytes();
  return bytes && textOf(bytes);
}

function readText(path: string): string | undefined {
  try {
    if (isTopology(path) || !statSync(path).isFile()) return undefined;
    return textOf(readFileSync(resolve(path)));
  } catch {
    return undefined;
  }
}

/**
 * Decodes UTF-8. An invalid sequence becomes a lone surrogate, which the lexer reports: valid text cannot contain one, but it can
 * contain U+FFFD, the usual replacement.
 */
function textOf(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return isUtf8(bytes) ? text : text.replaceAll("\ufffd", "\ud800");
}

const IS_TOPOLOGY = "it is a topology, not a program";
const IS_FOLDER = "it is a folder";

function readFailure(path: string): string {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return IS_FOLDER;
    // Reading a pipe or a device might never end.
    if (!found.isFile()) return "it is not a regular file";
    if (isTopology(path)) return IS_TOPOLOGY;
    textOf(readFileSync(path));
    return "it changed while it was read";
  } catch (error: unknown) {
    return fileErrorReason(error);
  }
}

/** Suggests a file of the same folder or a shipped program with a similar name; otherwise lists the shipped programs. */
function suggestNames(path: string): string {
  const shipped = [...programsIn(PROGRAMS), ...programsIn(join(PROGRAMS, "overlog"))];
  const name = basename(path);
  const sibling = nearest(name, programsIn(dirname(path)));
  if (sibling !== undefined) return `did you mean \`${path.slice(0, path.length - name.length)}${sibling}\`?`;
  const similar = shipped.includes(name) ? name : nearest(name, shipped);
  return similar === undefined ? `the shipped programs are ${shipped.join(", ")}` : `did you mean \`${similar}\`?`;
}

function isTopology(path: string): boolean {
  return extname(path) === ".toml";
}

/** Whether a name on the command line is the name of a program, by its ending. */
export function isProgramName(path: string): boolean {
  return PROGRAM_ENDINGS.includes(extname(path));
}

function programsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter(isProgramName);
  } catch {
    return [];
  }
}

function dialectOf(path: string): Dialect {
  return OVERLOG_ENDINGS.includes(extname(path)) ? "overlog" : "mozlog";
}
