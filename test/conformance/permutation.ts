/** Tests of the order of rules and literals: `permutation.test.ts` tests one other order, `permutation.long.test.ts` many. */
import { describe, expect, test } from "vitest";
import { libraryOf } from "../session/library-of.ts";
import { permuted } from "./permute.ts";
import { runCase } from "./run-case.ts";
import { casesIn, type TextCase } from "./text-case.ts";

/** Results of each command, sorted, without the line of a rule, and the rule that exceeded a limit: both depend on the order. */
function outcome({ program: text, files, commands }: TextCase, seed: number): readonly string[] {
  const program = permuted(text, seed, { library: libraryOf(text + files) });
  return runCase(`${program}${files}---\n${commands}`)
    .split(/^(?=> )/m)
    .map((part) =>
      part
        .replaceAll(/ in rule \S+| \(program:\d+\)/g, "")
        .trimEnd()
        .split("\n")
        .toSorted()
        .join("\n"),
    );
}

/** Declares the tests. Each order is the seed of a permutation. */
export function testOrders(orders: readonly number[]): void {
  describe.for(["../session/cases/", "cases/"])("the order of rules and literals changes no result in %s", (folder) => {
    test.for(casesIn(folder))("$name", (one) => {
      const asWritten = outcome(one, 0);
      for (const seed of orders) expect(outcome(one, seed)).toEqual(asWritten);
    });
  });
}
