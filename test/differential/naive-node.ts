/** One node of the naive evaluator: steps, rounds, commits, calls and timers, without any optimisation. */
import type { Literal } from "../../grammar/ast.ts";
import { encodeTuple } from "../../runtime/plan/values/json-value.ts";
import { equal, equalValues, type Values, type Value } from "../../runtime/plan/values/value.ts";
import type { CheckedProgram } from "../../src/1-check/check.ts";
import { isPredicate } from "../../src/program/rule-shape.ts";
import type { TableDeclaration } from "../../src/program/program.ts";
import type { Bindings } from "./evaluate.ts";
import { deriveEach, deriveGroups, deriveOne, type Derived } from "./derive.ts";
import {
  beginCall,
  endOf,
  failureOf,
  isEnding,
  ofOneCall,
  returnsOf,
  ruleWithCall,
  type PendingCall,
} from "./naive-calls.ts";
import { rulesByLocation } from "./naive-locations.ts";
import { type NaiveRule, triggersOf } from "./naive-rule.ts";
import { firstRing, hearsOwnTimer, nextRing, type Ring, timersOf } from "./naive-timers.ts";
import { commitTable, type NaiveRows } from "./naive-table.ts";
import { strataOf } from "./naive-strata.ts";
import { type Refreshed, updateDerivedTables, type Tables, type DerivedTables } from "./naive-derived-tables.ts";
import { argumentsOf, type Facts, literalsOf, match, solve } from "./solve.ts";
import { type Peer, Runaway, type Sent, type Observation, OBSERVATIONS_MAX } from "./peer.ts";
import { compareTuples, equalTuples, isHidden, type Tuple } from "./tuple.ts";

/** Triggers of the next round that a commit made. */
interface RoundTriggers {
  readonly begun: readonly PendingCall[];
  /** Calls that timed out. */
  readonly late: readonly PendingCall[];
  readonly rows: ReadonlyMap<string, readonly Values[]>;
  /** Changed results of aggregates over tables, as events. */
  readonly results: readonly Tuple[];
}

const NOTHING: RoundTriggers = { begun: [], late: [], rows: new Map(), results: [] };

/** State of the running step. */
interface Step {
  readonly now: number;
  readonly source: Value;
  readonly observed: Observation[];
  readonly sent: (Sent & { readonly batch: number })[];
  /** Number of the current batch of events. Tuples sent during one batch leave together. */
  batch: number;
  /** Calls that begin, and calls that end, with the current round. */
  begun: readonly PendingCall[];
  over: readonly PendingCall[];
}

/** Limit of tuples in one round, against tables that double in each. */
const CHANGES_MAX = 300;

/**
 * Naive evaluator: one node of a program, as docs/language.md describes it. It has no indexes and no incremental
 * maintenance: it scans every table and computes every derived table anew. Slow, and simple enough to be trusted.
 */
export class NaiveNode implements Peer {
  readonly address: string;
  readonly #rounds: number;
  readonly #checked: CheckedProgram;
  readonly #declarations: ReadonlyMap<string, TableDeclaration>;
  readonly #rules: readonly NaiveRule[];
  readonly #views: DerivedTables;
  #tables: ReadonlyMap<string, NaiveRows>;
  #calls: readonly PendingCall[] = [];
  /** Number of calls so far. */
  #called = 0;
  #rings: readonly Ring[] = [];
  #clock = 0;
  #queue: Tuple[] = [];
  #observations: Observation[] = [];
  #sent: Sent[] = [];
  /** Observations since the last call of `take`. */
  #steps = 0;

  constructor(checked: CheckedProgram, address: string, rounds: number) {
    this.address = address;
    this.#rounds = rounds;
    this.#checked = checked;
    this.#declarations = checked.program.tables;
    const rules = checked.program.rules.flatMap((text) => {
      const rule = hearsOwnTimer(ofOneCall(text));
      return ruleWithCall(rule, checked) ?? rulesByLocation(rule, checked);
    });
    this.#rules = rules.filter((rule) => rule.start !== "view");
    this.#views = viewsOf(rules, checked);
    const own = { values: [address], isBase: true, expires: Infinity };
    this.#tables = new Map([...this.#declarations.keys()].map((name) => [name, []]));
    this.#tables = new Map([...this.#tables, ["localAddr", [own]]]);
    const [atOnce, later] = partition(timersOf(checked.program.rules), ({ seconds }) => seconds === 0);
    this.#rings = later.map(firstRing);
    for (const { event, count } of atOnce) for (let number = 0; number < count; number++) this.#ring(event, number);
    this.takeObservations();
  }

  rows(table: string): readonly Values[] {
    return (this.#tables.get(table) ?? []).map((row) => row.values);
  }

  takeObservations(): readonly Observation[] {
    const observed = this.#observations;
    this.#observations = [];
    this.#steps = 0;
    return observed;
  }

  takeSent(): readonly Sent[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  /** Takes a row or event from outside. Ignores pure derived tables, and predicates without so many columns. */
  insert(name: string, args: Values): void {
    this.#cause({ name, args, isDelete: false }, null);
  }

  delete(name: string, args: Values): void {
    this.#cause({ name, args, isDelete: true }, null);
  }

  receive(tuple: Tuple, from: string): void {
    this.#cause(tuple, from);
  }

  /** Returns the time of the next expiry. */
  get nextExpiry(): number {
    const ends = this.#calls.map(endOf);
    return Math.min(...ends, ...[...this.#tables.values()].flat().map((row) => row.expires));
  }

  advanceTo(time: number): void {
    for (let due = this.#nextDue; due <= time; due = this.#nextDue) {
      this.#clock = due;
      if (this.nextExpiry <= due) {
        this.#expire();
        this.#work();
      }
      for (const ring of this.#rings.filter((one) => one.due <= due)) {
        this.#rings = this.#rings.flatMap((one) => (one === ring ? nextRing(ring) : [one]));
        this.#ring(ring.timer.event, ring.number);
      }
    }
    this.#clock = time;
  }

  get #nextDue(): number {
    return Math.min(this.nextExpiry, ...this.#rings.map((ring) => ring.due));
  }

  #ring(event: string, number: number): void {
    this.#step(null, [{ name: event, args: [number], isDelete: false }], () => NOTHING);
    this.#work();
  }

  #cause(tuple: Tuple, source: Value): void {
    // A table that is only declared may have fewer columns than the row.
    const isNamed = this.#checked.predicates.get(tuple.name)?.arity === tuple.args.length || isHidden(tuple.name);
    if (this.#isView(tuple.name) || !isNamed) return;
    this.#step(source, [tuple], () => NOTHING);
    this.#work();
  }

  /** Queues tuples that this node sent to itself as steps. */
  #work(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#step(this.address, [next], () => NOTHING);
    }
  }

  /** Deletes expired rows, even if the rules that this triggers exceed a limit. */
  #expire(): void {
    const isDone = this.#step(null, [], (step) => this.#commit([], step));
    if (isDone) return;
    const step = this.#begin(null);
    this.#commit([], step);
    this.#leave(step);
  }

  #begin(source: Value): Step {
    return { now: this.#clock, source, observed: [], sent: [], batch: 0, begun: [], over: [] };
  }

  /** Runs rounds until nothing changes. A step with too many rounds is undone. */
  #step(source: Value, causes: readonly Tuple[], first: (step: Step) => RoundTriggers): boolean {
    const step = this.#begin(source);
    const before = { tables: this.#tables, calls: this.#calls };
    let triggers = first(step);
    let events = causes;
    for (let round = 1; ; round++) {
      if (round > this.#rounds) {
        // A call and its return may be one step or two, so the two evaluators may undo different changes.
        if (this.#checked.program.views.size > 0) throw new Runaway();
        this.#tables = before.tables;
        this.#calls = before.calls;
        return false;
      }
      const changes = this.#deduce(events, triggers, step);
      if (changes.length > CHANGES_MAX) throw new Runaway();
      if (changes.length + step.begun.length + step.over.length === 0) break;
      events = [];
      triggers = this.#commit(changes, step);
    }
    this.#leave(step);
    return true;
  }

  #leave({ observed, sent }: Step): void {
    this.#observations.push(...observed);
    this.#steps++;
    if (Math.max(this.#observations.length, this.#steps) > OBSERVATIONS_MAX) throw new Runaway();
    const distinct = sent.filter((one, at) => sent.findIndex((other) => isSame(one, other)) === at);
    const isOwn = (one: Sent): boolean => one.to === this.address;
    this.#queue.push(...distinct.filter(isOwn).toSorted((a, b) => a.batch - b.batch || compareTuples(a, b)));
    this.#sent.push(...distinct.filter((one) => !isOwn(one)));
  }

  /** Runs the rules on unchanged tables. Returns the table changes that they ask for. */
  #deduce(causes: readonly Tuple[], triggers: RoundTriggers, step: Step): readonly Tuple[] {
    const changes: Tuple[] = [];
    const events: Tuple[] = [];
    const take = (tuple: Tuple): void => {
      if (this.#tables.has(tuple.name)) changes.push(tuple);
      else if (!events.some((event) => equalTuples(event, tuple))) events.push(tuple);
    };
    step.batch++;
    for (const call of triggers.begun) this.#invoke(call, step, take);
    for (const call of triggers.late) this.#fail(call, "timeout", take);
    for (const result of triggers.results) take(result);
    for (const [name, rows] of triggers.rows) {
      for (const args of rows) this.#run({ name, args, isDelete: false }, "inserted", step, take);
    }
    for (const cause of causes) take(cause);
    for (let taken = 0; taken < events.length; ) {
      const together = events.slice(taken);
      taken = events.length;
      step.batch++;
      for (const event of together) {
        if (!isHidden(event.name)) step.observed.push(observed("event", event.name, event.args));
        this.#run(event, "event", step, take);
        this.#answer(event, step, take);
      }
    }
    return changes;
  }

  #run(tuple: Tuple, start: "event" | "inserted", step: Step, take: (tuple: Tuple) => void): void {
    for (const rule of this.#rules) {
      if (rule.start !== start || isOverTables(rule)) continue;
      this.#fire(rule, tuple, step, take);
    }
  }

  #make(rule: NaiveRule, made: readonly Derived[], step: Step, take: (tuple: Tuple) => void): void {
    for (const { args, location } of made) {
      const derived = { name: rule.head.name.text, args, isDelete: rule.isDelete };
      if (location === undefined) take(derived);
      else this.#send(derived, location, step);
    }
  }

  #send(tuple: Tuple, location: Value, step: Step): void {
    if (isLocation(location)) step.sent.push({ ...tuple, to: location, batch: step.batch });
  }

  #fire(rule: NaiveRule, { name, args }: Tuple, step: Step, take: (tuple: Tuple) => void): void {
    const facts = this.#facts(step);
    const { ambient } = facts;
    const starts = triggersOf(rule, (table) => this.#tables.has(table))
      .filter((literal) => literal.atom.name.text === name)
      .flatMap((literal) => {
        const rest = rule.body.filter((other) => other !== literal);
        return match(argumentsOf(literal), args, new Map(), ambient).map((start) => ({ rest, start }));
      });
    for (const { rest, start } of starts) this.#hold({ ...rule, body: rest }, start, facts, step, take);
  }

  /** Derives the head for each solution of the body. */
  #hold(rule: NaiveRule, start: Bindings, facts: Facts, step: Step, take: (tuple: Tuple) => void): void {
    const { call } = rule;
    if (call === undefined) {
      const made = rule.isAggregate
        ? aggregateOf(rule, rule.body, start, facts)
        : deriveEach(rule.head, solve(rule.body, start, facts), facts.ambient);
      return this.#make(rule, made, step, take);
    }
    const begun = solve(rule.body, start, facts).flatMap(
      (bindings) => beginCall(call, bindings, facts.ambient, this.address, this.#called++) ?? [],
    );
    step.begun = [...step.begun, ...begun];
  }

  /** Runs the view of a call that the last round made. */
  #invoke({ id, call, inputs, location }: PendingCall, step: Step, take: (tuple: Tuple) => void): void {
    const init = { name: `${call.view.name}.init`, args: [id, ...inputs], isDelete: false };
    if (location === undefined) take(init);
    else this.#send(init, location, step);
  }

  /** Takes the first return or failure of a pending call. */
  #answer({ name, args: [id = null, ...values] }: Tuple, step: Step, take: (tuple: Tuple) => void): void {
    const waiting = this.#calls.find((one) => equal(one.id, id));
    if (waiting === undefined) return;
    const { call, bindings } = waiting;
    const facts = this.#facts(step);
    if (name === `${call.view.name}.return`) {
      for (const start of match(returnsOf(call), values, bindings, facts.ambient)) {
        this.#hold(call.rest, start, facts, step, take);
      }
    }
    if (name === `${call.view.name}.fail`) this.#fail(waiting, values[0] ?? null, take);
    if (isEnding(call, name)) step.over = [...step.over, waiting];
  }

  #fail({ call, inputs }: PendingCall, why: Value, take: (tuple: Tuple) => void): void {
    const name = failureOf(call.view);
    const isRead = this.#rules.some(({ body }) => body.some((one) => isPredicate(one) && one.atom.name.text === name));
    if (isRead) take({ name, args: [...inputs, why], isDelete: false });
  }

  #commit(changes: readonly Tuple[], step: Step): RoundTriggers {
    const before = this.#tables;
    const tables: Tables = new Map(before);
    const refreshed: Refreshed = new Map();
    for (const [name, table] of this.#declarations) {
      const own = changes.filter((change) => change.name === name);
      const deleted = own.filter((change) => change.isDelete).map((change) => change.args);
      const inserted = own.filter((change) => !change.isDelete).map((change) => change.args);
      const committed = commitTable(table, tables.get(name) ?? [], deleted, inserted, step.now);
      tables.set(name, committed.rows);
      refreshed.set(name, committed.refreshed);
    }
    const late = this.#calls.filter((call) => endOf(call) <= step.now);
    const { begun, over } = step;
    this.#calls = [...this.#calls.filter((call) => !late.includes(call) && !over.includes(call)), ...begun];
    step.begun = [];
    step.over = [];
    const facts = this.#facts(step);
    updateDerivedTables(this.#views, facts, tables, refreshed, facts.ambient, step.now);
    const results = this.#results(facts);
    this.#tables = tables;
    const isNew = (tuple: Tuple): boolean => !results.some((other) => equalTuples(other, tuple));
    return { begun, late, rows: this.#differences(before, step), results: this.#results(facts).filter(isNew) };
  }

  /** Results of aggregates over tables, as events. */
  #results(facts: Facts): readonly Tuple[] {
    return this.#rules
      .filter(isOverTables)
      .flatMap((rule) =>
        deriveGroups(rule.head, rule.keys, solve(rule.body, new Map(), facts), facts.ambient).map(
          ({ row }): Tuple => ({ name: rule.head.name.text, args: row, isDelete: false }),
        ),
      );
  }

  /** New rows by table. */
  #differences(
    before: ReadonlyMap<string, NaiveRows>,
    { observed: lines }: Step,
  ): ReadonlyMap<string, readonly Values[]> {
    const triggers = new Map<string, readonly Values[]>();
    for (const name of this.#declarations.keys()) {
      const [old, now] = [(before.get(name) ?? []).map((row) => row.values), this.rows(name)];
      triggers.set(name, without(now, old));
      lines.push(...without(now, old).map((row) => observed("+", name, row)));
      lines.push(...without(old, now).map((row) => observed("-", name, row)));
    }
    return triggers;
  }

  #isView(name: string): boolean {
    return this.#views.strata.flat().includes(name) && this.#views.isPure(name);
  }

  #facts({ now, source }: Step): Facts {
    const noChance = (): never => {
      throw new Error("programs that draw random numbers cannot be compared");
    };
    const ambient = { now: () => now, random: noChance, randomId: noChance, source: () => source };
    return { rows: (table) => this.rows(table), ambient };
  }
}

/** Whether a derived table is pure: infinite lifetime and size, no other rules, no facts, no `delete`. */
function viewsOf(rules: readonly NaiveRule[], { program }: CheckedProgram): DerivedTables {
  const own = rules.filter((rule) => rule.start === "view");
  const filled = rules.filter((rule) => rule.start !== "view").map((rule) => rule.head.name.text);
  const given = [...program.facts.map((fact) => fact.atom.name.text), ...program.accepts.map((accept) => accept.name)];
  const isPure = (name: string): boolean => {
    const table = program.tables.get(name);
    const isEndless = table?.lifetime === Infinity && table.size === Infinity;
    return isEndless && !filled.includes(name) && !given.includes(name);
  };
  return { strata: strataOf(own), rules: own, declarations: program.tables, isPure };
}

/** Splits the body of an aggregate: literals that depend only on the event decide whether there is a result, the others are aggregated. */
function aggregateOf(rule: NaiveRule, rest: readonly Literal[], start: Bindings, facts: Facts): readonly Derived[] {
  const own = literalsOf(rest, start);
  const others = rest.filter((literal) => !own.includes(literal));
  return solve(own, start, facts).flatMap((event) =>
    deriveOne(rule.head, rule.keys, solve(others, event, facts), event, facts.ambient),
  );
}

function observed(op: "+" | "-" | "event", name: string, args: Values): Observation {
  return `${op} ${JSON.stringify(encodeTuple(name, args))}`;
}

function isOverTables(rule: NaiveRule): boolean {
  return rule.start === "inserted" && rule.isAggregate;
}

function partition<T>(all: readonly T[], isSuch: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(isSuch), all.filter((one) => !isSuch(one))];
}

/** `host:port` */
function isLocation(value: Value): value is string {
  return typeof value === "string" && /.:./.test(value);
}

function isSame(one: Sent, other: Sent): boolean {
  return one.to === other.to && equalTuples(one, other);
}

/** Returns the rows without one for each equal row of `before`. */
function without(rows: readonly Values[], before: readonly Values[]): readonly Values[] {
  const left = [...before];
  return rows.filter((row) => {
    const at = left.findIndex((other) => equalValues(other, row));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
