import { keyOfValues } from "../../runtime/plan/values/key.ts";
import type { Values, Value } from "../../runtime/plan/values/value.ts";
import { isPredicate } from "../../src/program/rule-shape.ts";
import { deriveEach, deriveGroups } from "./derive.ts";
import type { Bindings } from "./evaluate.ts";
import type { NaiveRule } from "./naive-rule.ts";
import { argumentsOf, type Facts, solve } from "./solve.ts";

/** One derivation of a row by a rule of a derived table. */
export interface Derivation {
  readonly table: string;
  readonly row: Values;
  /**
   * Name of the derivation: the rule and all rows it depends on, for an aggregate the rows of all members of the group. It is
   * the same in two states of the tables if the derivation holds in both.
   */
  readonly names: readonly string[];
  /** Rows that the derivation depends on; for an aggregate the rows of all members of the group. */
  readonly supports: readonly Support[];
}

export interface Support {
  readonly table: string;
  readonly row: Values;
}

export function derivationsOf(rule: NaiveRule, facts: Facts): readonly Derivation[] {
  const solutions = solve(rule.body, new Map(), facts);
  if (rule.isAggregate) {
    return deriveGroups(rule.head, rule.keys, solutions, facts.ambient).map(({ row, members }) => ({
      table: rule.head.name.text,
      row,
      names: members.map((solution) => `${rule.name} ${keyOfValues(row)} ${nameOf(solution)}`),
      supports: members.flatMap((solution) => supportsOf(rule, solution)),
    }));
  }
  return solutions.flatMap((solution) =>
    deriveEach(rule.head, [solution], facts.ambient).map(({ args }) => ({
      table: rule.head.name.text,
      row: args,
      names: [`${rule.name} ${nameOf(solution)}`],
      supports: supportsOf(rule, solution),
    })),
  );
}

/**
 * Returns the derivations that are new, or have a new member. Rows of a table without key may be equal, and so are the
 * names of their derivations then; each name counts as often as it occurs.
 */
export function withoutKnown(derivations: readonly Derivation[], known: readonly Derivation[]): readonly Derivation[] {
  const left = known.flatMap(({ names }) => names);
  return derivations.filter(({ names }) => {
    const fresh = names.filter((name) => {
      const at = left.indexOf(name);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    return fresh.length > 0;
  });
}

function nameOf(solution: Bindings): string {
  return [...solution]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${keyOfValues([value])}`)
    .join();
}

/** Value of an argument, which is a variable or a constant after normalisation. */
function supportsOf({ body }: NaiveRule, solution: Bindings): readonly Support[] {
  const positive = body.filter(isPredicate).filter((literal) => !literal.negated);
  return positive.map((literal) => ({
    table: literal.atom.name.text,
    row: argumentsOf(literal).map((argument): Value => {
      if (argument.kind === "variable") return solution.get(argument.name) as Value;
      return argument.kind === "constant" ? argument.value : null;
    }),
  }));
}
