import { existsSync, readFileSync } from "node:fs";

export interface ErrorPage {
  readonly title: string;
  readonly wrong: PageExample;
  readonly right: PageExample;
}

/** What one section shows. */
export interface PageExample {
  /** The program's files, the main one first; none when the page cannot show it. */
  readonly files: readonly PageFile[];
  /** What is done with it, when that is not `mosaic check`. */
  readonly command: string | undefined;
}

export interface PageFile {
  readonly name: string;
  readonly text: string;
}

/** The page of a code, `docs/errors/CODE.md`; undefined when nobody has written it. */
export function readErrorPage(code: string): ErrorPage | undefined {
  const file = new URL(`../../docs/errors/${code}.md`, import.meta.url);
  if (!existsSync(file)) return undefined;
  const [head = "", ...sections] = readFileSync(file, "utf8").split(/^## /m);
  const section = (name: string): string => sections.find((one) => one.startsWith(`${name}\n`)) ?? "";
  return { title: head.split("\n")[0] ?? "", wrong: exampleIn(section("Wrong")), right: exampleIn(section("Right")) };
}

/** A block is a file, called what stands behind its language: "prolog other.mzl". One in `sh` is a command. */
function exampleIn(section: string): PageExample {
  const blocks = [...section.matchAll(/^```(\w+)(?: (\S+))?\n([^]*?)^```$/gm)];
  return {
    files: blocks.flatMap(([, language, name = "program.mzl", text = ""]) =>
      language === "sh" ? [] : [{ name, text }],
    ),
    command: blocks.find(([, language]) => language === "sh")?.[3]?.trim(),
  };
}
