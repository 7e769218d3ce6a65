import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { dirname, extname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Dialect, Source } from "../../grammar/span.ts";
import type { Library } from "../load.ts";

/** Where the shipped programs are. */
const PROGRAMS: string = fileURLToPath(new URL("../../programs/", import.meta.url));

/**
 * Program files on disk. A name is looked for beside the file that imports it, and a bare name also among the shipped
 * programs; names on the command line are as the shell gives them.
 */
export class FileLibrary implements Library {
  /** Texts that are no files: what options of the command line add to the program. */
  readonly #given = new Map<string, Source>();

  give(name: string, text: string): void {
    this.#given.set(name, { file: name, text, dialect: "mozlog" });
  }

  whyNot(path: string): string {
    try {
      const found = statSync(path);
      if (found.isDirectory()) return "it is a folder";
      // A pipe or a device might never come to an end.
      if (!found.isFile()) return "it is no file";
      textOf(readFileSync(path));
      return "it has changed meanwhile";
    } catch (error: unknown) {
      return reasonOf(error);
    }
  }

  read(path: string, from: string | undefined): Source | undefined {
    const given = this.#given.get(path);
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

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "ENOTDIR") return "a part of its path is no folder";
  if (code === "EACCES" || code === "EPERM") return "you may not read it";
  return error instanceof Error ? error.message : String(error);
}

function dialectOf(path: string): Dialect {
  return [".olg", ".ndlog"].includes(extname(path)) ? "overlog" : "mozlog";
}
