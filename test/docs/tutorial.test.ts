import { afterAll, beforeAll, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { pagePath, readSections } from "./page.ts";
import { runSection } from "./run-section.ts";
import { Shell } from "./shell.ts";

const PAGE = pagePath("tutorial.md");
const HOSTS = "Two hosts, one tunnel";

/** What a section needs beyond a shell. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  [HOSTS]: ["root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "curl"],
};

const sections = readSections(PAGE).filter(({ title }) => title !== "Install");
let shell: Shell;
beforeAll(() => {
  shell = new Shell();
});
afterAll(() => shell.close());

test("the tutorial ends with two hosts", () => {
  expect(sections.map(({ title }) => title)).toContain(HOSTS);
});

test.for(sections)("tutorial: $title", { timeout: 180_000 }, async (section, { skip }) => {
  const reason = needs(...(NEEDS[section.title] ?? []));
  skip(reason !== undefined, reason);
  await expect(runSection(PAGE, section, shell)).resolves.toBeUndefined();
});
