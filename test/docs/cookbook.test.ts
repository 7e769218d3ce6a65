import { afterAll, beforeAll, expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { pagePath, readSections } from "./page.ts";
import { runSection } from "./run-section.ts";
import { Shell } from "./shell.ts";

const PAGE = pagePath("cookbook.md");

const recipes = readSections(PAGE);
let shell: Shell;
beforeAll(() => {
  shell = new Shell();
});
afterAll(() => shell.close());

test.for(recipes)("cookbook: $title", async (recipe) => {
  const programs = recipe.blocks.filter(({ language }) => language === "prolog");
  expect(programs.map(diagnosticsOf)).toEqual([[]]);
  await runSection(PAGE, recipe, shell);
});

function diagnosticsOf({ file, text }: { readonly file: string; readonly text: string }): readonly string[] {
  const library = new FileLibrary();
  library.addText(file, text);
  const { diagnostics } = compile([file], library, { defines: new Map(), dialect: undefined, checksOnly: true });
  return diagnostics.map(({ message }) => message);
}
