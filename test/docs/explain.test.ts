import { afterAll, beforeAll, expect, test } from "vitest";
import { pagePath, readSections } from "./page.ts";
import { runSection } from "./run-section.ts";
import { Shell } from "./shell.ts";

const PAGE = pagePath("explain.md");

let shell: Shell;
beforeAll(() => {
  shell = new Shell();
});
afterAll(() => shell.close());

test.for(readSections(PAGE))("explain: $title", async (section) => {
  await expect(runSection(PAGE, section, shell)).resolves.toBeUndefined();
});
