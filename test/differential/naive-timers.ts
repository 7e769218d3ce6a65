import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { PERIODIC } from "../../src/program/builtin.ts";
import { constantNumber } from "../../src/program/constant.ts";
import { isPredicate } from "../../src/program/rule-shape.ts";
import type { ProgramRule } from "../../src/program/program.ts";

/** The `periodic` of one rule. */
export interface NaiveTimer {
  /** Of its event, which that rule alone hears. */
  readonly event: string;
  readonly seconds: number;
  /** 0: for ever. */
  readonly count: number;
  /** When it rings first. */
  readonly delay: number;
}

/** A timer and the next ring of it. */
export interface Ring {
  readonly timer: NaiveTimer;
  readonly number: number;
  readonly due: number;
}

/** The timers of the program, in the order of their rules' names: that in which they ring at one moment. */
export function timersOf(rules: readonly ProgramRule[]): readonly NaiveTimer[] {
  const timers = rules.flatMap((rule) =>
    rule.body.filter(isPeriodic).map(({ atom }): NaiveTimer => {
      const [, seconds = 0, count = 0, delay = seconds] = atom.args.map((one) => constantNumber(one as Expression));
      return { event: eventOf(rule), seconds, count, delay };
    }),
  );
  return timers.toSorted((one, other) => (one.event < other.event ? -1 : 1));
}

/** The rule with an event of its own, which has the number of the ring alone. */
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
