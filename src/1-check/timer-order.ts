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
/** Changes of a table that are compared. */
const CHANGES_MAX = 100;
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
  /** Rules of the chain, from the timer to the change. */
  readonly chain: readonly ProgramRule[];
}

export function checkTimerOrder(program: Program): readonly Diagnostic[] {
  const chains = new TimerChains(program);
  const changes = program.rules
    .filter(({ head }) => program.tables.has(head.name.text))
    .flatMap((rule) => chains.changesOf(rule).map((chain): Change => ({ ...chain, rule })));
  const byTable = Map.groupBy(changes, ({ rule }) => rule.head.name.text);
  const sources = new Sources(program);
  return [...byTable].flatMap(([name, ofTable]) => {
    const conflicts = conflictsIn(program.tables.get(name) as TableDeclaration, ofTable);
    return conflicts.length > 0 ? conflicts : readConflictsIn(name, ofTable, byTable, sources);
  });
}

/** One warning per table: a timer changes it by a table that another timer changes at the same time. */
function readConflictsIn(
  table: string,
  changes: readonly Change[],
  byTable: ReadonlyMap<string, readonly Change[]>,
  sources: Sources,
): readonly Diagnostic[] {
  for (const reader of changes.slice(0, CHANGES_MAX)) {
    for (const read of sources.readBy(reader.chain)) {
      // Rules that change the rows they read mostly change others than those of another rule of the moment, as deletions do.
      const writers = read === table ? [] : (byTable.get(read)?.slice(0, CHANGES_MAX) ?? []);
      const isOther = (one: Change): boolean => one.timer !== reader.timer && !one.rule.isDelete;
      const writer = writers.find((one) => isOther(one) && coincide(one.times, reader.times));
      if (writer === undefined) continue;
      const facts = { table, read, one: writer.timer.name, other: reader.timer.name };
      const related = [{ span: writer.rule.head.span, message: `this rule changes \`${read}\`` }];
      return [report("W0240", reader.rule.head.span, { how: "read", ...facts }, related)];
    }
  }
  return [];
}

/** Finds the tables that rules read, directly or through derived tables. */
class Sources {
  readonly #rules: ReadonlyMap<string, readonly ProgramRule[]>;
  readonly #tables: Program["tables"];

  constructor({ rules, tables }: Program) {
    this.#tables = tables;
    const readsTables = ({ body }: ProgramRule): boolean =>
      body.filter(isPredicate).every(({ atom }) => tables.has(atom.name.text));
    this.#rules = Map.groupBy(
      rules.filter((rule) => !rule.isDelete && readsTables(rule)),
      ({ head }) => head.name.text,
    );
  }

  readBy(rules: readonly ProgramRule[]): ReadonlySet<string> {
    const names = new Set(rules.flatMap((rule) => this.#tablesOf(rule)));
    for (const name of names)
      for (const rule of this.#rules.get(name) ?? []) for (const read of this.#tablesOf(rule)) names.add(read);
    return names;
  }

  #tablesOf({ body }: ProgramRule): readonly string[] {
    const names = body.filter(isPredicate).map(({ atom }) => atom.name.text);
    return names.filter((name) => this.#tables.has(name));
  }
}

/** One warning per table. Its number of pairs is bounded by the number of changes that are compared. */
function conflictsIn(table: TableDeclaration, changes: readonly Change[]): readonly Diagnostic[] {
  const compared = changes.slice(0, CHANGES_MAX);
  for (const [at, later] of compared.entries()) {
    const earlier = compared.slice(0, at).find((one) => isConflict(table, one, later));
    if (earlier === undefined) continue;
    const how = table.size === 1 && !changeSameKey(table, earlier, later) ? "evict" : "change";
    const facts = { how, table: table.name, one: earlier.timer.name, other: later.timer.name } as const;
    const message = how === "evict" ? "this rule inserts the other row" : "this rule changes the same row";
    const related = [{ span: earlier.rule.head.span, message }];
    return [report("W0240", later.rule.head.span, facts, related)];
  }
  return [];
}

function isConflict(table: TableDeclaration, one: Change, other: Change): boolean {
  const { keys } = table;
  if (one.timer === other.timer || (one.rule.isDelete && other.rule.isDelete)) return false;
  if (evictEachOther(table, one, other)) return coincide(one.times, other.times);
  if (keys.length === 0) return false;
  const isSame = (column: number): boolean => isSameText(one.args[column], other.args[column]);
  if (keys.some((column) => areDifferentConstants(one.args[column], other.args[column]))) return false;
  // A rule that deletes rows mostly selects others than those that another rule of the moment inserts.
  const isDeletion = one.rule.isDelete !== other.rule.isDelete;
  if (isDeletion && !keys.every(isSame)) return false;
  const differ = one.args.some((_, column) => !keys.includes(column) && !isSame(column));
  return (isDeletion || differ) && coincide(one.times, other.times);
}

/** Whether both insert a row of their own into a table that holds one, and evicts the older one. */
function evictEachOther({ size, evict, keys }: TableDeclaration, one: Change, other: Change): boolean {
  if (size !== 1 || evict.policy !== "fifo" || one.rule.isDelete || other.rule.isDelete) return false;
  const columns = keys.length === 0 ? [...one.args.keys()] : keys;
  return columns.some((column) => areDifferentConstants(one.args[column], other.args[column]));
}

function changeSameKey({ keys }: TableDeclaration, one: Change, other: Change): boolean {
  return keys.length > 0 && !keys.some((column) => areDifferentConstants(one.args[column], other.args[column]));
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
      return times === undefined ? [] : [{ timer: rule, times, args, chain: [rule] }];
    }
    const raising = this.#rules.get(event.atom.name.text) ?? [];
    return raising
      .slice(0, CHAINS_PER_RULE)
      .flatMap((one) => this.changesOf(one, depth + 1))
      .slice(0, CHAINS_PER_RULE)
      .map((one) => ({
        ...one,
        args: args.map((argument) => valueIn(argument, event, one.args)),
        chain: [...one.chain, rule],
      }));
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
