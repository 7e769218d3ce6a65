import { describe, expect, test } from "vitest";
import type { ViewOptimisations } from "../../src/program/view-optimisations.ts";
import { runCase } from "./run-case.ts";
import { casesIn, type TextCase } from "./text-case.ts";

const NONE: ViewOptimisations = { tailCalls: false, inlineViews: false, localShortcut: false };
const SOME: readonly ViewOptimisations[] = [
  { ...NONE, tailCalls: true },
  { ...NONE, inlineViews: true },
  { ...NONE, inlineViews: true, localShortcut: true },
  { tailCalls: true, inlineViews: true, localShortcut: true },
];

/** Results of each command, sorted, without predicates that are private to calls, which optimisations change. */
function results({ program, files, commands }: TextCase, optimisations: ViewOptimisations): readonly string[] {
  const views = [...`${program}${files}`.matchAll(/^\s*def ([\w.]+)/gm)].map(([, name]) => name);
  const isPrivate = new RegExp(String.raw`\b(${views.join("|")})\.\w+`);
  return runCase(`${program}${files}---\n${commands}`, optimisations)
    .split(/^(?=> )/m)
    .filter((part) => !/^> .*(?:\?|counters)/.test(part) && !isPrivate.test(part.split("\n")[0] ?? ""))
    .map((part) =>
      part
        .trimEnd()
        .split("\n")
        .filter((line) => line.startsWith(">") || !isPrivate.test(line))
        .map((line) => line.replaceAll(/b"[0-9a-f]+"/g, "(a packet)"))
        .toSorted()
        .join("\n"),
    );
}

describe.for(["../session/cases/", "cases/"])("optimisations of calls change no result in %s", (folder) => {
  const calling = casesIn(folder).filter(({ program, files }) => /^\s*def /m.test(program + files));

  test.for(calling)("$name", (one) => {
    const plain = results(one, NONE);
    for (const optimisations of SOME) expect(results(one, optimisations)).toEqual(plain);
  });
});
