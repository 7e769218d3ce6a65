/**
 * timer-order: warns of tables of Mozlog whose rows depend on the order of rule names. Timers that are due at the same time fire one
 * after the other, in the order of their rules' names. If two timers insert or delete the same row, the last one decides. Called by
 * `lint.ts`.
 */
import type { Argument, Expression, PredicateLiteral } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { printExpression } from "../../grammar/print.ts";
import { report } from "../../grammar/report.ts";
import { PERIODIC } from "../program/builtin.ts";
import { timerNumber } from "../program/constant.ts";
import { locationArgument } from "./check-locations.ts";
import type { Program, ProgramRule, TableDeclaration } from "../program/program.ts";
import { isPredicate } from "../program/rule-shape.ts";

/** Bounds of the search: length of a chain of events from a timer to a table, and number of chains per rule. */
const CHAIN_MAX = 8;
const CHAINS_PER_RULE = 16;
/** Number of changes of one table that the check compares. */
const CHANGES_MAX = 100;
/** Number of firings that the check compares, for a timer that fires a limited number of times. */
const FIRINGS_MAX = 1000;

interface TimerTimes {
  readonly seconds: number;
  readonly count: number;
  readonly delay: number;
}

/** A rule that changes a table, and a timer that triggers the rule, directly or through events. */
interface Change {
  readonly rule: ProgramRule;
  readonly timer: ProgramRule;
  readonly times: TimerTimes;
  /** Arguments of the rule's head. Variables that the chain of events binds are replaced by their values. */
  readonly args: readonly Argument[];
  /** Rules that trigger each other, from the rule of the timer to the rule that changes the table. */
  readonly chain: readonly ProgramRule[];
  /** Locations to which the rules of the chain send their tuples, in order. Empty if the change is made in the step of the timer. */
  readonly sentTo: readonly Argument[];
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

/** Warns of a rule that changes the table and reads another table, which a second timer changes at the same time. At most one warning. */
function readConflictsIn(
  table: string,
  changes: readonly Change[],
  byTable: ReadonlyMap<string, readonly Change[]>,
  sources: Sources,
): readonly Diagnostic[] {
  // A change that another node makes comes later, so its timer is not compared with timers whose changes are made in their steps.
  for (const reader of changes.filter(isMadeAtOnce).slice(0, CHANGES_MAX)) {
    for (const read of sources.readBy(reader.chain)) {
      // Left out: a table that the chain both reads and changes, and deletions by the other timer. Both mostly concern different rows.
      const writers = read === table ? [] : (byTable.get(read)?.slice(0, CHANGES_MAX) ?? []);
      const isOther = (one: Change): boolean => one.timer !== reader.timer && !one.rule.isDelete && isMadeAtOnce(one);
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

/** Warns of two timers that change the same row at the same time. At most one warning per table. */
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
  if (!mayMeet(one, other)) return false;
  if (evictEachOther(table, one, other)) return coincide(one.times, other.times);
  if (keys.length === 0) return false;
  const isSame = (column: number): boolean => isSameText(one.args[column], other.args[column]);
  if (keys.some((column) => areDifferentConstants(one.args[column], other.args[column]))) return false;
  // A rule that deletes rows mostly selects other rows than the rule of the other timer inserts.
  const isDeletion = one.rule.isDelete !== other.rule.isDelete;
  if (isDeletion && !keys.every(isSame)) return false;
  const differ = one.args.some((_, column) => !keys.includes(column) && !isSame(column));
  return (isDeletion || differ) && coincide(one.times, other.times);
}

function isMadeAtOnce({ sentTo }: Change): boolean {
  return sentTo.length === 0;
}

/** Whether both changes may reach the same node over equally many nodes, so that they are made in the order in which the timers fire. */
function mayMeet(one: Change, other: Change): boolean {
  if (one.sentTo.length !== other.sentTo.length) return false;
  return !one.sentTo.some((location, at) => areDifferentConstants(location, other.sentTo[at]));
}

/** Whether the changes insert different rows into a table of size 1, so that the second insertion evicts the first row. */
function evictEachOther({ size, evict, keys }: TableDeclaration, one: Change, other: Change): boolean {
  if (size !== 1 || evict.policy !== "fifo" || one.rule.isDelete || other.rule.isDelete) return false;
  const columns = keys.length === 0 ? [...one.args.keys()] : keys;
  return columns.some((column) => areDifferentConstants(one.args[column], other.args[column]));
}

function changeSameKey({ keys }: TableDeclaration, one: Change, other: Change): boolean {
  return keys.length > 0 && !keys.some((column) => areDifferentConstants(one.args[column], other.args[column]));
}

/** Finds the timers that trigger a rule, directly or through events that rules raise, on this node or on another one. */
class TimerChains {
  readonly #rules: ReadonlyMap<string, readonly ProgramRule[]>;
  readonly #tables: Program["tables"];

  constructor({ rules, tables }: Program) {
    this.#tables = tables;
    this.#rules = Map.groupBy(
      rules.filter((rule) => !rule.isDelete),
      ({ head }) => head.name.text,
    );
  }

  changesOf(rule: ProgramRule, depth = 0): readonly Omit<Change, "rule">[] {
    if (rule.isOverlog || rule.view !== undefined || depth === CHAIN_MAX) return [];
    const event = rule.body.filter(isPredicate).find((one) => !one.negated && !this.#tables.has(one.atom.name.text));
    if (event === undefined || event.isFailure) return [];
    const { args } = rule.head;
    const to = locationArgument(rule.head);
    const sentTo = to === undefined ? [] : [to];
    if (event.atom.name.text === PERIODIC) {
      const times = timesOf(event);
      return times === undefined ? [] : [{ timer: rule, times, args, chain: [rule], sentTo }];
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
        sentTo: [...one.sentTo, ...sentTo],
      }));
  }
}

/** Undefined for a timer with jitter, which fires at the same time as another only by chance, or whose interval is not constant. */
function timesOf({ atom }: PredicateLiteral): TimerTimes | undefined {
  const [seconds, count = 0, delay, jitter = 0] = atom.args.slice(1).map((one) => timerNumber(one as Expression));
  return seconds === undefined || jitter > 0 ? undefined : { seconds, count, delay: delay ?? seconds };
}

/** Whether the timers ever fire at the same time. Timers with interval 0 fire once, at the start. */
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

/** Whether both are the same constant. Variables never count as the same, because they may have different values in the two rules. */
function isSameText(one: Argument | undefined, other: Argument | undefined): boolean {
  if (one?.kind !== "constant" || other?.kind !== "constant") return false;
  return printExpression(one) === printExpression(other);
}
