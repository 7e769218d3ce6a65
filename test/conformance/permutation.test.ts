import { describe, expect, test } from "vitest";
import { permuted } from "./permute.ts";
import { runCase } from "./run-case.ts";
import { casesIn, type TextCase } from "./text-case.ts";

const ORDERS = [1, 2, 3];

/** What each command made happen, in no order; which rule was the one too many is a matter of order. */
function outcome(program: string, { files, commands }: TextCase): readonly string[] {
  return runCase(`${program}${files}---\n${commands}`)
    .split(/^(?=> )/m)
    .map((part) =>
      part
        .replaceAll(/ in rule \S+/g, "")
        .trimEnd()
        .split("\n")
        .toSorted()
        .join("\n"),
    );
}

describe.for(["../session/cases/", "cases/"])("the order of rules and literals changes nothing in %s", (folder) => {
  test.for(casesIn(folder))("$name", (one) => {
    for (const seed of ORDERS)
      expect(outcome(permuted(one.program, seed), one)).toEqual(outcome(permuted(one.program, 0), one));
  });
});
