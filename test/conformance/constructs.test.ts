import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CONSTRUCTS } from "./constructs.ts";
import { functionCases } from "../plan/library/functions/function-cases.ts";
import { casesIn } from "./text-case.ts";

const cases = [...casesIn("../session/cases/"), ...casesIn("cases/")].map(({ program, files, commands }) => ({
  text: program + files,
  nodes: commands.startsWith("nodes ") ? ("several" as const) : ("one" as const),
}));

/** Whether cases on one node, on several nodes, or both match the pattern. */
function nodesOf(pattern: RegExp): ReadonlySet<"one" | "several"> {
  return new Set(cases.filter(({ text }) => pattern.test(text)).map(({ nodes }) => nodes));
}

describe.for(Object.entries(CONSTRUCTS))("%s", ([, constructs]) => {
  test.for(constructs)("$name: a case uses it", ({ pattern, needsNodes }) => {
    const shown = nodesOf(pattern);
    const isShown = needsNodes ? shown.has("several") : shown.size > 0;
    expect(isShown).toBe(true);
  });
});

const page = readFileSync(new URL("../../docs/language.md", import.meta.url), "utf8");

describe("Functions", () => {
  const functions = [...page.matchAll(/^\| `(f_\w+)\(/gm)].map(([, name]) => name as string);

  const called = new Set(functionCases().map(({ name }) => name));

  test.for(functions)("%s: a rule calls it, in a text case or in functions.test.ts", (name) => {
    expect(called.has(name) || cases.some(({ text }) => text.includes(`${name}(`))).toBe(true);
  });
});

test("the list has every section of docs/language.md with constructs", () => {
  const without = ["A first program", "Values", "Derived tables", "Functions", "Functions and stages of your own"];
  const apart = ["TCP", "UDP", "Without a network", "Diagnostics and limits", "Grammar", "Not supported yet"];
  const sections = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title as string);
  const listed = new Set([...Object.keys(CONSTRUCTS), ...without, ...apart]);
  expect(sections.filter((title) => !listed.has(title))).toEqual([]);
});
