import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MESSAGES } from "../../grammar/messages.ts";
import { FileLibrary } from "../../src/cli/file-library.ts";
import { compile } from "../../src/compile.ts";
import type { Library } from "../../src/load.ts";
import { type PageFile, readErrorPage } from "./error-page.ts";

/** Mistakes that no page can show, made here. */
const TOO_LONG_TO_SHOW: Readonly<Record<string, string>> = {
  E0111: " ".repeat(2 * 1024 * 1024 + 1),
  E0112: "a: out(X) :- one(X).\0",
  E0130: `${Array.from({ length: 202 }, (_, at) => `#define M${at} M${at + 1}\n`).join("")}#if M0 == 1\n#endif\n`,
  E0190: "a: out(X Y) :- one(X).\n".repeat(101),
};

/** Said beside the code, because it cannot be provoked alone. */
const ALSO: Readonly<Record<string, readonly string[]>> = { E0190: ["E0140"] };

const HOW_TO_WRITE = `docs/errors/CODE.md has the parts
  # CODE: what is wrong, in a few words
  what it means, and what to do
  ## Wrong
  a program in a block of \`\`\`prolog (\`\`\`prolog other.mzl for further files) that provokes this code and no other
  ## Right
  the same, put right, without any diagnostic`;

const codes = Object.keys(MESSAGES);

describe.each(codes)("the page of %s", (code) => {
  const page = readErrorPage(code);

  test("is there, with a title and two programs", () => {
    const shown = page?.wrong.length ?? 0;
    const isWhole = shown > 0 === !(code in TOO_LONG_TO_SHOW) && page?.right.length !== 0;
    expect(isWhole && page?.title.startsWith(`# ${code}: `), HOW_TO_WRITE).toBe(true);
  });

  test("has a wrong program that provokes it, and a right one that has no fault", () => {
    const long = TOO_LONG_TO_SHOW[code];
    const wrong = long === undefined ? (page?.wrong ?? []) : [{ name: "program.mzl", text: long }];
    const provoked = codesOf(wrong).filter((one) => ALSO[code]?.includes(one) !== true);
    expect({ wrong: provoked, right: codesOf(page?.right ?? []) }, HOW_TO_WRITE).toEqual({ wrong: [code], right: [] });
  });
});

test("no page is of a code that there is not", () => {
  const pages = readdirSync(new URL("../../docs/errors/", import.meta.url)).map((name) => name.replace(/\.md$/, ""));
  expect(pages.filter((page) => !codes.includes(page))).toEqual([]);
});

/** Each code that the program provokes, once. */
function codesOf(files: readonly PageFile[]): readonly string[] {
  const main = files[0]?.name ?? "program.mzl";
  const { diagnostics } = compile([main], new PageLibrary(files), { defines: new Map(), dialect: undefined });
  return [...new Set(diagnostics.map((one) => one.code))];
}

/** The files of a page beside the shipped programs. */
class PageLibrary implements Library {
  readonly #files: readonly PageFile[];
  readonly #shipped = new FileLibrary();

  constructor(files: readonly PageFile[]) {
    this.#files = files.filter((file) => file.text !== "");
  }

  read(path: string, from: string | undefined): ReturnType<Library["read"]> {
    const own = this.#files.find((file) => file.name === path);
    if (own === undefined) return this.#shipped.read(path, from);
    return { file: own.name, text: own.text, dialect: own.name.endsWith(".olg") ? "overlog" : "mozlog" };
  }
}
