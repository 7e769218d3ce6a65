import type { Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { CheckedProgram } from "../../src/1-check/check.ts";
import { eventLiterals } from "../../src/program/roles.ts";
import { hasAggregate, isPredicate } from "../../src/program/rule-shape.ts";
import type { ProgramRule, View } from "../../src/program/program.ts";
import { withPlainArguments } from "./solve.ts";

/** Rule as the naive evaluator runs it. */
export interface NaiveRule {
  readonly name: string;
  readonly head: ProgramRule["head"];
  readonly isDelete: boolean;
  readonly isAggregate: boolean;
  /** Key columns of the head's table; empty for an event or a table without key. */
  readonly keys: readonly number[];
  /** Body, with the literal that triggers the rule. */
  readonly body: readonly Literal[];
  readonly start: "event" | "inserted" | "view";
  /** Call that the rule makes instead of deriving the head. */
  readonly call?: NaiveCall;
}

/** Point at which a rule waits for the return of a view. */
export interface NaiveCall {
  readonly view: View;
  readonly literal: PredicateLiteral;
  /** Literals after the call. */
  readonly rest: NaiveRule;
}

/** Determines when a rule runs (docs/language.md, Rules). */
export function naiveRule(rule: ProgramRule, { program, roles }: CheckedProgram): NaiveRule {
  const hasEvent = eventLiterals(rule, roles).length > 0;
  const defines = roles.isTable(rule.head.name.text) && !rule.isDelete;
  return {
    name: rule.name,
    head: rule.head,
    isDelete: rule.isDelete,
    isAggregate: hasAggregate(rule.head),
    keys: program.tables.get(rule.head.name.text)?.keys ?? [],
    body: withPlainArguments(rule.body),
    start: hasEvent ? "event" : defines ? "view" : "inserted",
  };
}

/** Returns the literals that trigger the rule: its event, or each of its tables. */
export function triggersOf(rule: NaiveRule, isTable: (name: string) => boolean): readonly PredicateLiteral[] {
  const positive = rule.body.filter(isPredicate).filter((literal) => !literal.negated);
  return rule.start === "event" ? positive.filter((literal) => !isTable(literal.atom.name.text)) : positive;
}
