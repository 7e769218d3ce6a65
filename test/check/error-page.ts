import { existsSync, readFileSync } from "node:fs";

export interface ErrorPage {
  readonly title: string;
  readonly wrong: PageExample;
  readonly right: PageExample;
}

/** Example in one section of a page. */
export interface PageExample {
  /** Files of the program, the main one first; empty if the example is too large for the page. */
  readonly files: readonly PageFile[];
  /** Command that runs on the program, if it is not `mosaic check`. */
  readonly command: string | undefined;
}

export interface PageFile {
  readonly name: string;
  readonly text: string;
}

/** Reads the page of a code, `docs/errors/CODE.md`. Returns undefined if there is none. */
export function readErrorPage(code: string): ErrorPage | undefined {
  const file = new URL(`../../docs/errors/${code}.md`, import.meta.url);
  if (!existsSync(file)) return undefined;
  const [head = "", ...sections] = readFileSync(file, "utf8").split(/^## /m);
  const section = (name: string): string => sections.find((one) => one.startsWith(`${name}\n`)) ?? "";
  return { title: head.split("\n")[0] ?? "", wrong: exampleIn(section("Wrong")), right: exampleIn(section("Right")) };
}

/** Reads the blocks of a section. A block is a file, named after its language ("prolog other.mzl"), or in `sh` a command. */
function exampleIn(section: string): PageExample {
  const blocks = [...section.matchAll(/^```(\w+)(?: (\S+))?\n([^]*?)^```$/gm)];
  return {
    files: blocks.flatMap(([, language, name = "program.mzl", text = ""]) =>
      language === "sh" ? [] : [{ name, text }],
    ),
    command: blocks.find(([, language]) => language === "sh")?.[3]?.trim(),
  };
}
