import type { Literal } from "../../grammar/ast.ts";
import { watchedTuple } from "../../runtime/observe/watch.ts";
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
  type WaitingCall,
} from "./naive-calls.ts";
import { rulesByPlace } from "./naive-locations.ts";
import { type NaiveRule, triggersOf } from "./naive-rule.ts";
import { firstRing, hearsOwnTimer, nextRing, type Ring, timersOf } from "./naive-timers.ts";
import { commitTable, type NaiveRows } from "./naive-table.ts";
import { strataOf } from "./naive-strata.ts";
import { type Refreshed, settleViews, type Tables, type Views } from "./naive-views.ts";
import { argumentsOf, type Facts, literalsOf, match, solve } from "./solve.ts";
import { type Peer, Runaway, type Sent, type Told, TOLD_MAX } from "./peer.ts";
import { compareTuples, equalTuples, isHidden, type Tuple } from "./tuple.ts";

/** What a commit leads to in the next round. */
interface Appeared {
  readonly begun: readonly WaitingCall[];
  /** Calls that have waited too long. */
  readonly late: readonly WaitingCall[];
  readonly rows: ReadonlyMap<string, readonly Values[]>;
  /** New results of aggregates over tables in the heads of events. */
  readonly results: readonly Tuple[];
}

const NOTHING: Appeared = { begun: [], late: [], rows: new Map(), results: [] };

/** What the step under way has done so far. */
interface Step {
  readonly now: number;
  readonly source: Value;
  readonly told: Told[];
  readonly sent: (Sent & { readonly turn: number })[];
  /** Grows with each group of events that come together: what they send leaves together. */
  turn: number;
  /** Of the round under way: calls that begin and that are over at its end. */
  begun: readonly WaitingCall[];
  over: readonly WaitingCall[];
}

/** Of one round: a table that doubles with each is not worth the wait. */
const CHANGES_MAX = 300;

/**
 * One node of a program, as LANGUAGE and the section on execution describe it: no indexes, no differences, every table
 * looked through and every view worked out anew. Slow, and too simple to be wrong.
 */
export class NaiveNode implements Peer {
  readonly address: string;
  readonly #rounds: number;
  readonly #checked: CheckedProgram;
  readonly #declarations: ReadonlyMap<string, TableDeclaration>;
  readonly #rules: readonly NaiveRule[];
  readonly #views: Views;
  #tables: ReadonlyMap<string, NaiveRows>;
  #calls: readonly WaitingCall[] = [];
  /** Calls that were ever made. */
  #called = 0;
  #rings: readonly Ring[] = [];
  #clock = 0;
  #queue: Tuple[] = [];
  #told: Told[] = [];
  #sent: Sent[] = [];
  /** Since what happened was last taken. */
  #steps = 0;

  constructor(checked: CheckedProgram, address: string, rounds: number) {
    this.address = address;
    this.#rounds = rounds;
    this.#checked = checked;
    this.#declarations = checked.program.tables;
    const rules = checked.program.rules.flatMap((text) => {
      const rule = hearsOwnTimer(ofOneCall(text));
      return ruleWithCall(rule, checked) ?? rulesByPlace(rule, checked);
    });
    this.#rules = rules.filter((rule) => rule.start !== "view");
    this.#views = viewsOf(rules, checked);
    const own = { values: [address], isBase: true, expires: Infinity };
    this.#tables = new Map([...this.#declarations.keys()].map((name) => [name, []]));
    this.#tables = new Map([...this.#tables, ["localAddr", [own]]]);
    const [atOnce, later] = partition(timersOf(checked.program.rules), ({ seconds }) => seconds === 0);
    this.#rings = later.map(firstRing);
    for (const { event, count } of atOnce) for (let number = 0; number < count; number++) this.#ring(event, number);
    this.takeTold();
  }

  rows(table: string): readonly Values[] {
    return (this.#tables.get(table) ?? []).map((row) => row.values);
  }

  takeTold(): readonly Told[] {
    const told = this.#told;
    this.#told = [];
    this.#steps = 0;
    return told;
  }

  takeSent(): readonly Sent[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  /** A row or event from outside. What rules alone define takes none, and nobody knows what no rule names. */
  insert(name: string, args: Values): void {
    this.#cause({ name, args, isDelete: false }, null);
  }

  delete(name: string, args: Values): void {
    this.#cause({ name, args, isDelete: true }, null);
  }

  receive(tuple: Tuple, from: string): void {
    this.#cause(tuple, from);
  }

  /** When the next row's time is up. */
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
    const isNamed = this.#checked.predicates.has(tuple.name) || isHidden(tuple.name);
    if (this.#isView(tuple.name) || !isNamed) return;
    this.#step(source, [tuple], () => NOTHING);
    this.#work();
  }

  /** Tuples this node has sent to itself are steps to come. */
  #work(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#step(this.address, [next], () => NOTHING);
    }
  }

  /** The rows whose time is up go, whatever comes of the rules that this sets off. */
  #expire(): void {
    const isDone = this.#step(null, [], (step) => this.#commit([], step));
    if (isDone) return;
    const step = this.#begin(null);
    this.#commit([], step);
    this.#leave(step);
  }

  #begin(source: Value): Step {
    return { now: this.#clock, source, told: [], sent: [], turn: 0, begun: [], over: [] };
  }

  /** Rounds until nothing is left; a step with too many of them never was. */
  #step(source: Value, causes: readonly Tuple[], first: (step: Step) => Appeared): boolean {
    const step = this.#begin(source);
    const before = { tables: this.#tables, calls: this.#calls };
    let appeared = first(step);
    let events = causes;
    for (let round = 1; ; round++) {
      if (round > this.#rounds) {
        // Between a call and its answer there may be a step or not: what is taken back is not the same.
        if (this.#checked.program.views.size > 0) throw new Runaway();
        this.#tables = before.tables;
        this.#calls = before.calls;
        return false;
      }
      const changes = this.#deduce(events, appeared, step);
      if (changes.length > CHANGES_MAX) throw new Runaway();
      if (changes.length + step.begun.length + step.over.length === 0) break;
      events = [];
      appeared = this.#commit(changes, step);
    }
    this.#leave(step);
    return true;
  }

  #leave({ told, sent }: Step): void {
    this.#told.push(...told);
    this.#steps++;
    if (Math.max(this.#told.length, this.#steps) > TOLD_MAX) throw new Runaway();
    const distinct = sent.filter((one, at) => sent.findIndex((other) => isSame(one, other)) === at);
    const isOwn = (one: Sent): boolean => one.to === this.address;
    this.#queue.push(...distinct.filter(isOwn).toSorted((a, b) => a.turn - b.turn || compareTuples(a, b)));
    this.#sent.push(...distinct.filter((one) => !isOwn(one)));
  }

  /** Runs the rules on frozen tables; what they want of the tables is the result. */
  #deduce(causes: readonly Tuple[], appeared: Appeared, step: Step): readonly Tuple[] {
    const changes: Tuple[] = [];
    const events: Tuple[] = [];
    const take = (tuple: Tuple): void => {
      if (this.#tables.has(tuple.name)) changes.push(tuple);
      else if (!events.some((event) => equalTuples(event, tuple))) events.push(tuple);
    };
    step.turn++;
    for (const call of appeared.begun) this.#invoke(call, step, take);
    for (const call of appeared.late) this.#fail(call, "timeout", take);
    for (const result of appeared.results) take(result);
    for (const [name, rows] of appeared.rows) {
      for (const args of rows) this.#run({ name, args, isDelete: false }, "inserted", step, take);
    }
    for (const cause of causes) take(cause);
    for (let taken = 0; taken < events.length; ) {
      const together = events.slice(taken);
      taken = events.length;
      step.turn++;
      for (const event of together) {
        if (!isHidden(event.name)) step.told.push(told("event", event.name, event.args));
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
    for (const { args, place } of made) {
      const derived = { name: rule.head.name.text, args, isDelete: rule.isDelete };
      if (place === undefined) take(derived);
      else this.#send(derived, place, step);
    }
  }

  #send(tuple: Tuple, place: Value, step: Step): void {
    if (isPlace(place)) step.sent.push({ ...tuple, to: place, turn: step.turn });
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

  /** What comes of every way in which the body holds. */
  #hold(rule: NaiveRule, start: Bindings, facts: Facts, step: Step, take: (tuple: Tuple) => void): void {
    const { call } = rule;
    if (call === undefined) {
      const made = rule.isAggregate
        ? aggregateOf(rule, rule.body, start, facts)
        : deriveEach(rule.head, solve(rule.body, start, facts), facts.ambient);
      return this.#make(rule, made, step, take);
    }
    const begun = solve(rule.body, start, facts).flatMap(
      (way) => beginCall(call, way, facts.ambient, this.address, this.#called++) ?? [],
    );
    step.begun = [...step.begun, ...begun];
  }

  /** The call is known from the last round; now the view runs. */
  #invoke({ id, call, inputs, place }: WaitingCall, step: Step, take: (tuple: Tuple) => void): void {
    const init = { name: `${call.view.name}.init`, args: [id, ...inputs], isDelete: false };
    if (place === undefined) take(init);
    else this.#send(init, place, step);
  }

  /** The first that is said to a call that waits counts. */
  #answer({ name, args: [id = null, ...values] }: Tuple, step: Step, take: (tuple: Tuple) => void): void {
    const waiting = this.#calls.find((one) => equal(one.id, id));
    if (waiting === undefined) return;
    const { call, way } = waiting;
    const facts = this.#facts(step);
    if (name === `${call.view.name}.return`) {
      for (const start of match(returnsOf(call), values, way, facts.ambient)) {
        this.#hold(call.rest, start, facts, step, take);
      }
    }
    if (name === `${call.view.name}.fail`) this.#fail(waiting, values[0] ?? null, take);
    if (isEnding(call, name)) step.over = [...step.over, waiting];
  }

  #fail({ call, inputs }: WaitingCall, why: Value, take: (tuple: Tuple) => void): void {
    const name = failureOf(call.view);
    const isHeard = this.#rules.some(({ body }) => body.some((one) => isPredicate(one) && one.atom.name.text === name));
    if (isHeard) take({ name, args: [...inputs, why], isDelete: false });
  }

  #commit(changes: readonly Tuple[], step: Step): Appeared {
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
    settleViews(this.#views, facts, tables, refreshed, facts.ambient, step.now);
    const results = this.#results(facts);
    this.#tables = tables;
    const isNew = (tuple: Tuple): boolean => !results.some((other) => equalTuples(other, tuple));
    return { begun, late, rows: this.#differences(before, step), results: this.#results(facts).filter(isNew) };
  }

  /** What aggregates over tables in the heads of events come to. */
  #results(facts: Facts): readonly Tuple[] {
    return this.#rules
      .filter(isOverTables)
      .flatMap((rule) =>
        deriveGroups(rule.head, rule.keys, solve(rule.body, new Map(), facts), facts.ambient).map(
          ({ row }): Tuple => ({ name: rule.head.name.text, args: row, isDelete: false }),
        ),
      );
  }

  /** The rows that are new, table by table. */
  #differences(before: ReadonlyMap<string, NaiveRows>, { told: lines }: Step): ReadonlyMap<string, readonly Values[]> {
    const appeared = new Map<string, readonly Values[]>();
    for (const name of this.#declarations.keys()) {
      const [old, now] = [(before.get(name) ?? []).map((row) => row.values), this.rows(name)];
      appeared.set(name, without(now, old));
      lines.push(...without(now, old).map((row) => told("+", name, row)));
      lines.push(...without(old, now).map((row) => told("-", name, row)));
    }
    return appeared;
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

/** A table is a pure view when it has infinite lifetime and size, only view rules, no facts and no `delete`. */
function viewsOf(rules: readonly NaiveRule[], { program }: CheckedProgram): Views {
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

/** What the event alone decides says whether there is a result; what else the body asks for says what it is over. */
function aggregateOf(rule: NaiveRule, rest: readonly Literal[], start: Bindings, facts: Facts): readonly Derived[] {
  const own = literalsOf(rest, start);
  const others = rest.filter((literal) => !own.includes(literal));
  return solve(own, start, facts).flatMap((event) =>
    deriveOne(rule.head, rule.keys, solve(others, event, facts), event, facts.ambient),
  );
}

function told(op: "+" | "-" | "event", name: string, args: Values): Told {
  return `${op} ${JSON.stringify(watchedTuple(name, args))}`;
}

function isOverTables(rule: NaiveRule): boolean {
  return rule.start === "inserted" && rule.isAggregate;
}

function partition<T>(all: readonly T[], isSuch: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(isSuch), all.filter((one) => !isSuch(one))];
}

/** `host:port` */
function isPlace(value: Value): value is string {
  return typeof value === "string" && /.:./.test(value);
}

function isSame(one: Sent, other: Sent): boolean {
  return one.to === other.to && equalTuples(one, other);
}

/** The rows, less one for each equal row that was there before. */
function without(rows: readonly Values[], before: readonly Values[]): readonly Values[] {
  const left = [...before];
  return rows.filter((row) => {
    const at = left.findIndex((other) => equalValues(other, row));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
