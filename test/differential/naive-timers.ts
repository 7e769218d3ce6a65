import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { PERIODIC } from "../../src/program/builtin.ts";
import { constantNumber } from "../../src/program/constant.ts";
import { isPredicate } from "../../src/program/rule-shape.ts";
import type { ProgramRule } from "../../src/program/program.ts";

/** `periodic` literal of one rule. */
export interface NaiveTimer {
  /** Name of its event, to which only that rule subscribes. */
  readonly event: string;
  readonly seconds: number;
  /** Number of firings; 0 is unlimited. */
  readonly count: number;
  /** Time of the first firing. */
  readonly delay: number;
}

/** Timer and its next firing. */
export interface Ring {
  readonly timer: NaiveTimer;
  readonly number: number;
  readonly due: number;
}

/** Timers of a program, in the order of their rules' names. Timers of one due time fire in this order. */
export function timersOf(rules: readonly ProgramRule[]): readonly NaiveTimer[] {
  const timers = rules.flatMap((rule) =>
    rule.body.filter(isPeriodic).map(({ atom }): NaiveTimer => {
      const [, seconds = 0, count = 0, delay = seconds] = atom.args.map((one) => constantNumber(one as Expression));
      return { event: eventOf(rule), seconds, count, delay };
    }),
  );
  return timers.toSorted((one, other) => (one.event < other.event ? -1 : 1));
}

/** Replaces the `periodic` literal by an event whose only argument is the number of the firing. */
export function hearsOwnTimer(rule: ProgramRule): ProgramRule {
  const body = rule.body.map((one): Literal => {
    if (!isPeriodic(one)) return one;
    const { atom } = one;
    return { ...one, atom: { ...atom, name: { ...atom.name, text: eventOf(rule) }, args: atom.args.slice(0, 1) } };
  });
  return { ...rule, body };
}

export function firstRing(timer: NaiveTimer): Ring {
  return { timer, number: 0, due: timer.delay };
}

export function nextRing({ timer, number, due }: Ring): readonly Ring[] {
  const isLast = number + 1 === timer.count;
  return isLast ? [] : [{ timer, number: number + 1, due: due + timer.seconds }];
}

function eventOf({ name }: ProgramRule): string {
  return `${PERIODIC} ${name}`;
}

function isPeriodic(literal: Literal): literal is PredicateLiteral {
  return isPredicate(literal) && literal.atom.name.text === PERIODIC;
}
