import { existsSync, readFileSync } from "node:fs";

export interface ErrorPage {
  readonly title: string;
  /** The files of the program that has the mistake, the main one first; none when the page cannot show it. */
  readonly wrong: readonly PageFile[];
  readonly right: readonly PageFile[];
}

export interface PageFile {
  readonly name: string;
  readonly text: string;
}

/** The page of a code, `docs/errors/CODE.md`; undefined when nobody has written it. */
export function readErrorPage(code: string): ErrorPage | undefined {
  const file = new URL(`../../docs/errors/${code}.md`, import.meta.url);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const [head = "", ...sections] = text.split(/^## /m);
  const section = (name: string): string => sections.find((one) => one.startsWith(`${name}\n`)) ?? "";
  return { title: head.split("\n")[0] ?? "", wrong: filesIn(section("Wrong")), right: filesIn(section("Right")) };
}

/** A block is a file, called what stands behind its language: "prolog other.mzl". One in `sh` is a command with a shipped file. */
function filesIn(section: string): readonly PageFile[] {
  return [...section.matchAll(/^```(\w+)(?: (\S+))?\n([^]*?)^```$/gm)].map(([, language, name, text = ""]) =>
    language === "sh" ? { name: text.trim().split(" ").at(-1) ?? "", text: "" } : { name: name ?? "program.mzl", text },
  );
}
