import { type Difference, differenceOfText } from "./difference.ts";
import type { Command } from "./network.ts";
import type { RuleText } from "./random-rule.ts";
import { programText, type RandomProgram } from "./random-program.ts";

/** Program and commands that show a difference. */
export interface Case {
  readonly program: RandomProgram;
  readonly commands: readonly Command[];
  readonly nodes: number;
}

/** Removes commands, rules, literals and declarations while the two evaluators still differ. */
export function shrink(found: Case): Case {
  return shrinkBy(found, smallerCases, isDifferent);
}

/** Shrinks a case step by step, each time to the first smaller case that still differs. */
export function shrinkBy<C>(found: C, smallerCases: (one: C) => Iterable<C>, isDifferent: (one: C) => boolean): C {
  let smallest = found;
  for (;;) {
    const next = [...smallerCases(smallest)].find(isDifferent);
    if (next === undefined) return smallest;
    smallest = next;
  }
}

export function differenceOf({ program, commands, nodes }: Case): Difference | undefined {
  return differenceOfText(programText(program), program.isOptimised, commands, nodes);
}

function isDifferent(candidate: Case): boolean {
  return differenceOf(candidate) !== undefined;
}

/** Returns smaller cases, with the largest pieces removed first. */
function* smallerCases(one: Case): Generator<Case> {
  const { program } = one;
  for (const commands of dropped(one.commands)) yield { ...one, commands };
  for (const rules of dropped(program.rules)) yield { ...one, program: { ...program, rules } };
  for (const relations of dropped(program.relations)) yield { ...one, program: { ...program, relations } };
  for (const definitions of dropped(program.definitions)) yield { ...one, program: { ...program, definitions } };
  for (const [at, definition] of program.definitions.entries()) {
    for (const rules of smallerRules(definition.rules)) {
      yield { ...one, program: { ...program, definitions: program.definitions.with(at, { ...definition, rules }) } };
    }
  }
  for (const [at, rule] of program.rules.entries()) {
    for (const body of dropped(rule.body)) yield withRule(one, at, { ...rule, body });
  }
}

/** Returns the rules without some rules or literals, in the order to try. */
function* smallerRules(rules: readonly RuleText[]): Generator<readonly RuleText[]> {
  yield* dropped(rules);
  for (const [at, rule] of rules.entries()) {
    for (const body of dropped(rule.body)) yield rules.with(at, { ...rule, body });
  }
}

function withRule(one: Case, at: number, rule: RuleText): Case {
  return { ...one, program: { ...one.program, rules: one.program.rules.with(at, rule) } };
}

/** Returns the list without each half, each quarter, and so on down to single items. */
export function* dropped<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < list.length; at += size) yield [...list.slice(0, at), ...list.slice(at + size)];
  }
}
