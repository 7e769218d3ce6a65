import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../house/tree.ts";

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  /** Name after the language in the opening fence: the file that the reader saves the block as. */
  readonly file: string;
  readonly text: string;
}

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** The path of `docs/NAME`. */
export function pagePath(name: string): string {
  return join(ROOT, "docs", name);
}

/** The sections of a page (`## Title`) with their fenced blocks. Text before the first section is left out. */
export function readSections(path: string): readonly Section[] {
  const page = readFileSync(path, "utf8");
  const headings = [...page.matchAll(/^## (.*)$/gm)];
  return headings.map((heading, index) => {
    const end = headings[index + 1]?.index ?? page.length;
    return { title: heading[1] ?? "", blocks: readBlocks(page.slice(heading.index, end)) };
  });
}

function readBlocks(text: string): readonly Block[] {
  const blocks = text.matchAll(/^```(\w+) ?(.*)\n([^]*?)^```$/gm);
  return [...blocks].map(([, language = "", file = "", content = ""]) => ({ language, file, text: content }));
}
