import type { Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { CheckedProgram } from "../../src/1-check/check.ts";
import { eventLiterals } from "../../src/program/roles.ts";
import { hasAggregate, isPredicate } from "../../src/program/rule-shape.ts";
import type { ProgramRule, View } from "../../src/program/program.ts";
import { withPlainArguments } from "./solve.ts";

/** A rule as the naive evaluator runs it. */
export interface NaiveRule {
  readonly name: string;
  readonly head: ProgramRule["head"];
  readonly isDelete: boolean;
  readonly isAggregate: boolean;
  /** Of the head's table: none for an event, and where every insert is a row of its own. */
  readonly keys: readonly number[];
  /** With the literal that starts it. */
  readonly body: readonly Literal[];
  readonly start: "event" | "inserted" | "view";
  /** Instead of the head, what the body leads to is this call. */
  readonly call?: NaiveCall;
}

/** Where a rule waits for what a view returns. */
export interface NaiveCall {
  readonly view: View;
  readonly literal: PredicateLiteral;
  /** What stands after the call. */
  readonly rest: NaiveRule;
}

/** What the text of a rule says about when it runs (LANGUAGE, Rules). */
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

/** The literals whose tuples make the rule run: its event, or each of its tables. */
export function triggersOf(rule: NaiveRule, isTable: (name: string) => boolean): readonly PredicateLiteral[] {
  const positive = rule.body.filter(isPredicate).filter((literal) => !literal.negated);
  return rule.start === "event" ? positive.filter((literal) => !isTable(literal.atom.name.text)) : positive;
}
