import { afterAll, beforeAll, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { pagePath, readSections } from "./page.ts";
import { runSection } from "./run-section.ts";
import { Shell } from "./shell.ts";

const PAGE = pagePath("tutorial.md");
const TWO_HOSTS = "Two hosts, one tunnel";

/** Requirements of a section beyond a shell. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  [TWO_HOSTS]: ["root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "curl"],
};

const sections = readSections(PAGE).filter(({ title }) => title !== "Install");
let shell: Shell;
beforeAll(() => {
  shell = new Shell();
});
afterAll(() => shell.close());

test("the tutorial has the section whose needs are listed", () => {
  expect(sections.map(({ title }) => title)).toContain(TWO_HOSTS);
});

test.for(sections)("tutorial: $title", { timeout: 180_000 }, async (section, { skip }) => {
  const reason = needs(...(NEEDS[section.title] ?? []));
  skip(reason !== undefined, reason);
  await expect(runSection(PAGE, section, shell)).resolves.toBeUndefined();
});
