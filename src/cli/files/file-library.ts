import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Dialect, Source } from "../../../grammar/span.ts";
import { fileErrorReason, NO_SUCH_FILE } from "./file-error.ts";
import { nearest } from "../../program/nearest.ts";
import type { Library, ReadFailure } from "../../0-load/load.ts";

/** Where the shipped programs are. */
const PROGRAMS: string = fileURLToPath(new URL("../../../programs/", import.meta.url));

const OVERLOG_ENDINGS: readonly string[] = [".olg", ".ndlog"];
const PROGRAM_ENDINGS: readonly string[] = [".mzl", ...OVERLOG_ENDINGS];

/**
 * Program files on disk. A name is looked for beside the file that imports it, and a bare name also among the shipped
 * programs; names on the command line are as the shell gives them.
 */
export class FileLibrary implements Library {
  /** Texts that are no files: what options of the command line add to the program. */
  readonly #texts = new Map<string, Source>();

  addText(name: string, text: string): void {
    this.#texts.set(name, { file: name, text, dialect: "mozlog" });
  }

  explainFailure(path: string): ReadFailure {
    const reason = readFailure(path);
    if (reason === IS_FOLDER) return { reason, help: "name the files in it" };
    return { reason, help: reason === NO_SUCH_FILE ? suggestNames(path) : undefined };
  }

  read(path: string, from: string | undefined): Source | undefined {
    const given = this.#texts.get(path);
    if (given !== undefined) return given;
    for (const candidate of candidates(path, from)) {
      const text = readText(candidate);
      if (text !== undefined) return { file: candidate, text, dialect: dialectOf(candidate) };
    }
    return undefined;
  }
}

function candidates(path: string, from: string | undefined): readonly string[] {
  if (isAbsolute(path)) return [path];
  const base = from === undefined ? path : join(dirname(from), path);
  const isBare = !path.includes("/");
  return isBare ? [base, join(PROGRAMS, path), join(PROGRAMS, "overlog", path)] : [base];
}

function readText(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return undefined;
    return textOf(readFileSync(resolve(path)));
  } catch {
    return undefined;
  }
}

/** What stands for bytes that are no character is half of one: a text has none of those, but may have U+FFFD. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return isUtf8(bytes) ? text : text.replaceAll("\ufffd", "\ud800");
}

const IS_FOLDER = "it is a folder";

function readFailure(path: string): string {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return IS_FOLDER;
    // A pipe or a device might never come to an end.
    if (!found.isFile()) return "it is not a regular file";
    textOf(readFileSync(path));
    return "it changed while it was read";
  } catch (error: unknown) {
    return fileErrorReason(error);
  }
}

/** A file beside it, or a shipped program, that may have been meant; or all the shipped programs. */
function suggestNames(path: string): string {
  const shipped = [...programsIn(PROGRAMS), ...programsIn(join(PROGRAMS, "overlog"))];
  const name = basename(path);
  const beside = nearest(name, programsIn(dirname(path)));
  if (beside !== undefined) return `did you mean \`${path.slice(0, path.length - name.length)}${beside}\`?`;
  const similar = shipped.includes(name) ? name : nearest(name, shipped);
  return similar === undefined ? `the shipped programs are ${shipped.join(", ")}` : `did you mean \`${similar}\`?`;
}

function programsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => PROGRAM_ENDINGS.includes(extname(name)));
  } catch {
    return [];
  }
}

function dialectOf(path: string): Dialect {
  return OVERLOG_ENDINGS.includes(extname(path)) ? "overlog" : "mozlog";
}
