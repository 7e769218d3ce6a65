import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { writtenFiles } from "../house/tree.ts";

const texts = new Map(writtenFiles().map(({ path, text }) => [path, text]));
const pages = [...texts].filter(([path]) => path.endsWith(".md"));

test("every link between the documents resolves to a file and a heading", () => {
  expect(pages.length).toBeGreaterThan(100);
  expect(pages.flatMap(([path, text]) => brokenLinks(path, text))).toEqual([]);
});

function brokenLinks(page: string, text: string): readonly string[] {
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return links
    .filter((target) => !/^[a-z]+:/.test(target) && !resolves(page, target))
    .map((link) => `${page}: ${link}`);
}

function resolves(page: string, link: string): boolean {
  const [file = "", heading] = link.split("#");
  const path = file === "" ? page : normalize(join(dirname(page), file));
  if (!existsSync(new URL(`../../${path}`, import.meta.url))) return false;
  return heading === undefined || headingsOf(texts.get(path) ?? "").includes(heading);
}

function headingsOf(text: string): readonly string[] {
  const headings = [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title);
  return headings.map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

/** The page without fenced blocks and without brackets in code spans: neither contains links or headings. */
function withoutCode(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, "").replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[()[\]]/g, ""));
}
