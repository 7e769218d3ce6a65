/**
 * timer-order: warns of tables of Mozlog whose rows depend on the order of rule names. Timers that are due at the same time
 * fire one after the other in that order, so of two that fill or delete the same row the last one decides. Called by `lint.ts`.
 */
import type { Argument, Expression, PredicateLiteral } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { printExpression } from "../../grammar/print.ts";
import { report } from "../../grammar/report.ts";
import { PERIODIC } from "../program/builtin.ts";
import { timerNumber } from "../program/constant.ts";
import type { Program, ProgramRule, TableDeclaration } from "../program/program.ts";
import { isPredicate } from "../program/rule-shape.ts";

/** Longest chain of events from a timer to a table, and largest number of chains per rule, that the check follows. */
const CHAIN_MAX = 8;
const CHAINS_PER_RULE = 16;
/** Firings of a timer with a count that the check compares. */
const FIRINGS_MAX = 1000;

interface TimerTimes {
  readonly seconds: number;
  readonly count: number;
  readonly delay: number;
}

/** A rule that changes a table, and a timer that leads to it, directly or through events of the same step. */
interface Change {
  readonly rule: ProgramRule;
  readonly timer: ProgramRule;
  readonly times: TimerTimes;
  /** Arguments of the head, with the values that the chain of events gives its variables. */
  readonly args: readonly Argument[];
}

export function checkTimerOrder(program: Program): readonly Diagnostic[] {
  const chains = new TimerChains(program);
  const changes = program.rules
    .filter(({ head }) => program.tables.has(head.name.text))
    .flatMap((rule) => chains.changesOf(rule).map((chain): Change => ({ ...chain, rule })));
  return [...Map.groupBy(changes, ({ rule }) => rule.head.name.text)].flatMap(([name, ofTable]) =>
    conflictsIn(program.tables.get(name) as TableDeclaration, ofTable),
  );
}

/** One warning per table. Its number of pairs is bounded by the number of changes that are compared. */
function conflictsIn(table: TableDeclaration, changes: readonly Change[]): readonly Diagnostic[] {
  const compared = changes.slice(0, 100);
  for (const [at, later] of compared.entries()) {
    const earlier = compared.slice(0, at).find((one) => isConflict(table, one, later));
    if (earlier === undefined) continue;
    const facts = { table: table.name, one: earlier.timer.name, other: later.timer.name };
    const related = [{ span: earlier.rule.head.span, message: "this rule changes the same row" }];
    return [report("W0240", later.rule.head.span, facts, related)];
  }
  return [];
}

function isConflict({ keys }: TableDeclaration, one: Change, other: Change): boolean {
  if (one.timer === other.timer || keys.length === 0) return false;
  if (one.rule.isDelete && other.rule.isDelete) return false;
  const isSame = (column: number): boolean => isSameText(one.args[column], other.args[column]);
  if (keys.some((column) => areDifferentConstants(one.args[column], other.args[column]))) return false;
  // A rule that deletes rows mostly selects others than those that another rule of the moment inserts.
  const isDeletion = one.rule.isDelete !== other.rule.isDelete;
  if (isDeletion && !keys.every(isSame)) return false;
  const differ = one.args.some((_, column) => !keys.includes(column) && !isSame(column));
  return (isDeletion || differ) && coincide(one.times, other.times);
}

/** Finds the timers that lead to a rule, through events that rules of the same node raise in the same step. */
class TimerChains {
  readonly #rules: ReadonlyMap<string, readonly ProgramRule[]>;
  readonly #tables: Program["tables"];

  constructor({ rules, tables }: Program) {
    this.#tables = tables;
    this.#rules = Map.groupBy(
      rules.filter((rule) => !rule.isDelete && isLocal(rule)),
      ({ head }) => head.name.text,
    );
  }

  changesOf(rule: ProgramRule, depth = 0): readonly Omit<Change, "rule">[] {
    if (rule.isOverlog || rule.view !== undefined || !isLocal(rule) || depth === CHAIN_MAX) return [];
    const event = rule.body.filter(isPredicate).find((one) => !one.negated && !this.#tables.has(one.atom.name.text));
    if (event === undefined || event.isFailure) return [];
    const { args } = rule.head;
    if (event.atom.name.text === PERIODIC) {
      const times = timesOf(event);
      return times === undefined ? [] : [{ timer: rule, times, args }];
    }
    const raising = this.#rules.get(event.atom.name.text) ?? [];
    return raising
      .slice(0, CHAINS_PER_RULE)
      .flatMap((one) => this.changesOf(one, depth + 1))
      .slice(0, CHAINS_PER_RULE)
      .map((chain) => ({ ...chain, args: args.map((argument) => valueIn(argument, event, chain.args)) }));
  }
}

/** Whether the head stays on the node, in the same step. */
function isLocal({ head }: ProgramRule): boolean {
  return head.location === undefined && head.locatedArgument === undefined;
}

/** Undefined for a timer with jitter, which never fires at the same time as another. */
function timesOf({ atom }: PredicateLiteral): TimerTimes | undefined {
  const [seconds, count = 0, delay, jitter = 0] = atom.args.slice(1).map((one) => timerNumber(one as Expression));
  return seconds === undefined || jitter > 0 ? undefined : { seconds, count, delay: delay ?? seconds };
}

/** Whether both timers fire at the same time, once or often. Timers with interval 0 fire at the start. */
function coincide(one: TimerTimes, other: TimerTimes): boolean {
  if (one.seconds === 0 || other.seconds === 0) return one.seconds === other.seconds;
  const [finite, endless] = one.count > 0 ? [one, other] : [other, one];
  if (finite.count === 0) {
    const [first, second] = [micros(one.seconds), micros(other.seconds)];
    return (micros(one.delay) - micros(other.delay)) % greatestCommonDivisor(first, second) === 0;
  }
  return Array.from(
    { length: Math.min(finite.count, FIRINGS_MAX) },
    (_, at) => finite.delay + at * finite.seconds,
  ).some((time) => firesAt(endless, time));
}

function firesAt({ seconds, count, delay }: TimerTimes, time: number): boolean {
  const passed = micros(time) - micros(delay);
  const number = passed / micros(seconds);
  return passed >= 0 && Number.isInteger(number) && (count === 0 || number < count);
}

function micros(seconds: number): number {
  return Math.max(1, Math.round(seconds * 1e6));
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}

/** Value of a head argument when the event has the given arguments. */
function valueIn(argument: Argument, { atom }: PredicateLiteral, given: readonly Argument[]): Argument {
  if (argument.kind !== "variable") return argument;
  const column = atom.args.findIndex((one) => one.kind === "variable" && one.name === argument.name);
  return given[column] ?? argument;
}

function areDifferentConstants(one: Argument | undefined, other: Argument | undefined): boolean {
  return one?.kind === "constant" && other?.kind === "constant" && !isSameText(one, other);
}

/** Whether both are the same constant. Variables of two rules may have any values. */
function isSameText(one: Argument | undefined, other: Argument | undefined): boolean {
  if (one?.kind !== "constant" || other?.kind !== "constant") return false;
  return printExpression(one) === printExpression(other);
}
