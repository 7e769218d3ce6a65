import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { MESSAGES } from "../../grammar/messages.ts";
import type { Source } from "../../grammar/span.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { showDiagnostics } from "../../src/cli/terminal/show-diagnostics.ts";
import { compileQuery } from "../../src/query/compile-query.ts";
import { NO_SURROUNDINGS } from "../../src/program/surroundings.ts";
import { compile } from "../../src/compile.ts";
import type { Library, ReadFailure } from "../../src/0-load/load.ts";
import { readFacts } from "../../src/query/read-facts.ts";
import { golden } from "../golden.ts";
import { type PageExample, type PageFile, readErrorPage } from "./error-page.ts";

/** Wrong examples that are too long for a page. */
const TOO_LONG_TO_SHOW: Readonly<Record<string, string | readonly PageFile[]>> = {
  E0111: " ".repeat(2 * 1024 * 1024 + 1),
  E0112: "a: out(X) :- one(X).\0",
  E0130: `${Array.from({ length: 202 }, (_, at) => `#define M${at} M${at + 1}\n`).join("")}#if M0 == 1\n#endif\n`,
  E0262: "a: out(X) :- one(X).\n".repeat(20_001),
  E0263: Array.from({ length: 201 }, (_, at) => ({
    name: `file${at}.mzl`,
    text: `import "file${at + 1}.mzl".\na${at}: out(X) :- one${at}(X).\n`,
  })),
  E0190: "a: out(X Y) :- one(X).\n".repeat(101),
};

/** Wrong commands that are too long for a page, in place of the command of the page. */
const TOO_LONG_A_COMMAND: Readonly<Record<string, string>> = {
  E0310: `mosaic query 10000 'route(X, Y), N := X${" + X".repeat(401)}'`,
};

/** Codes that an example provokes besides its own, which cannot occur alone. */
const ALSO: Readonly<Record<string, readonly string[]>> = { E0190: ["E0140"] };

const FORM_OF_PAGE = `docs/errors/CODE.md consists of
  # CODE: the error in a few words
  its meaning, and how to correct it
  ## Wrong
  a program in a block of \`\`\`prolog (\`\`\`prolog other.mzl for further files) that provokes this code and no other;
  for a request to a running node, also a block of \`\`\`sh with the command
  ## Right
  the corrected program, without any diagnostic`;

const codes = Object.keys(MESSAGES);

describe.each(codes)("the page of %s", (code) => {
  const page = readErrorPage(code);

  test("has a title and two examples", () => {
    const isShown = isExample(page?.wrong) || code in TOO_LONG_TO_SHOW;
    const isComplete = isShown && isExample(page?.right) && page?.title.startsWith(`# ${code}: `);
    expect(isComplete ? "a complete page" : FORM_OF_PAGE).toBe("a complete page");
  });

  test("has a wrong example that provokes the code, and a right one without diagnostics", () => {
    const provoked = codesOf(wrongExample(code)).filter((one) => ALSO[code]?.includes(one) !== true);
    expect({ wrong: provoked, right: codesOf(page?.right) }).toEqual({ wrong: [code], right: [] });
  });
});

test("the wrong examples give these diagnostics", () => {
  const shown = codes.map((code) => `= ${code}\n${shownOf(wrongExample(code))}`).join("\n");
  expect(shown).toBe(golden(new URL("error-pages.txt", import.meta.url), shown));
});

test("every page belongs to a code", () => {
  const pages = readdirSync(new URL("../../docs/errors/", import.meta.url)).map((name) => name.replace(/\.md$/, ""));
  expect(pages.filter((page) => !codes.includes(page))).toEqual([]);
});

function wrongExample(code: string): PageExample | undefined {
  const long = TOO_LONG_TO_SHOW[code];
  const command = TOO_LONG_A_COMMAND[code];
  if (command !== undefined) return { files: [], ...readErrorPage(code)?.wrong, command };
  if (long === undefined) return readErrorPage(code)?.wrong;
  return { files: typeof long === "string" ? [{ name: "program.mzl", text: long }] : long, command: undefined };
}

function isExample(example: PageExample | undefined): boolean {
  return example !== undefined && (example.files.length > 0 || example.command !== undefined);
}

/** Returns the codes that an example provokes, each once. */
function codesOf(example: PageExample | undefined): readonly string[] {
  return example === undefined ? [] : [...new Set(diagnose(example).diagnostics.map((one) => one.code))];
}

function shownOf(example: PageExample | undefined): string {
  if (example === undefined) return "";
  const { diagnostics, sources } = diagnose(example);
  return showDiagnostics(diagnostics, sources, false);
}

interface Diagnosed {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly Source[];
}

/**
 * Runs an example: `mosaic check FILE -D NAME=VALUE`, `mosaic eval FILE`, `mosaic query NODE 'body'` or `mosaic ctl NODE insert 'fact'`.
 * Without a command, events may come from outside the program.
 */
function diagnose({ files, command }: PageExample): Diagnosed {
  const [line = "", name, value = ""] = (command ?? "").split(/ -D (\w+)=(\w+)/);
  const defines = new Map(name === undefined ? [] : [[name, value]]);
  const [, verb = "check", text = ""] =
    /^mosaic (check|eval|query|ctl) (?:\d+ )?(?:insert )?'?([^']+)'?$/.exec(line) ?? [];
  const isProgram = verb === "check" || verb === "eval";
  const main = isProgram && text !== "" ? text : (files[0]?.name ?? "program.mzl");
  const options = {
    surroundings: isProgram && text !== "" ? NO_SURROUNDINGS : undefined,
    ignoresLocations: verb === "eval",
  };
  const compiled = compile([main], new PageLibrary(files), { defines, dialect: undefined, ...options });
  const { plan } = compiled;
  if (isProgram || plan === undefined) return compiled;
  const { diagnostics, source } = verb === "query" ? compileQuery(text, plan) : readFacts(text, plan, false);
  return { diagnostics, sources: [source] };
}

/** Library of the files of a page and the shipped programs. */
class PageLibrary implements Library {
  readonly #files: readonly PageFile[];
  readonly #shipped = new FileLibrary();

  constructor(files: readonly PageFile[]) {
    this.#files = files;
  }

  explainFailure(path: string): ReadFailure {
    return this.#shipped.explainFailure(path);
  }

  read(path: string, from: string | undefined): ReturnType<Library["read"]> {
    const own = this.#files.find((file) => file.name === path);
    if (own === undefined) return this.#shipped.read(path, from);
    return { file: own.name, text: own.text, dialect: own.name.endsWith(".olg") ? "overlog" : "mozlog" };
  }
}
