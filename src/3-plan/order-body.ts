/**
 * order-body: chooses the order in which the literals of a body are evaluated. `plan-body.ts` calls it for every strand. To stay fast for
 * long bodies, its time grows with the number of variables in the body and not with the square of the number of literals.
 */
import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { BoundSet } from "../program/binding.ts";
import { onlyItem, patternVariables } from "../program/pattern.ts";
import { expressionsOfLiteral, hasPart, variablesIn } from "../program/visit.ts";
import { drawsValue } from "./draws-value.ts";
import { IndexQueue } from "./index-queue.ts";

/** Returns the literals in evaluation order; each can run with the variables bound before it. */
export function orderBody(
  body: readonly Literal[],
  bound: BoundSet,
  tables: TableFacts,
  neededFirst: ReadonlySet<string>,
): readonly Literal[] {
  const order = new BodyOrder(body, bound, tables, neededFirst);
  return body.map(() => order.next());
}

/** The tables, as far as the order depends on them. */
export interface TableFacts {
  /** Key columns of a table. A join in which all key columns are bound finds at most one row. */
  readonly keysOf: (table: string) => readonly number[];
  /** Whether the table holds the contexts of calls. */
  readonly isContext: (table: string) => boolean;
}

/** Number of unbound variables that a literal waits for. `met` is called when the last of them is bound. */
interface Need {
  missing: number;
  readonly met: () => void;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Rank of a join, the most selective first. KEYED: all key columns are known. INDEXED: some column is known. LIST: the items of a list.
 * SCAN: all rows of the table.
 */
const KEYED = 0;
const INDEXED = 1;
const LIST = 2;
const SCAN = 3;
const RANKS = [KEYED, INDEXED, LIST, SCAN] as const;
type Rank = (typeof RANKS)[number];

/**
 * Chooses the next literal of a body. Order of preference: the context row of a call (there is none if the answer is for another rule),
 * tests and assignments, negations, the most selective join. Among equals the text decides. A random function is called after all
 * literals that do not need its result, so that it is called once per derivation.
 */
class BodyOrder {
  readonly #body: readonly Literal[];
  readonly #tables: TableFacts;
  readonly #neededFirst: ReadonlySet<string>;
  readonly #bound: Set<string>;
  readonly #isTaken: boolean[];
  readonly #needs = new Map<string, Need[]>();
  readonly #contexts = new IndexQueue();
  /** Tests and assignments that can run and call neither a random function nor `f_seal`. */
  readonly #scalars = new IndexQueue();
  /** Tests and assignments that can run and call a random function or `f_seal`, in the order of the text. */
  readonly #drawing: number[] = [];
  readonly #negations = new IndexQueue();
  /** Joins that can run, by rank. A join is added again when its rank improves. */
  readonly #joins: Readonly<Record<Rank, IndexQueue>> = {
    [KEYED]: new IndexQueue(),
    [INDEXED]: new IndexQueue(),
    [LIST]: new IndexQueue(),
    [SCAN]: new IndexQueue(),
  };
  readonly #ranks: (Rank | undefined)[] = [];
  /** Whether a test or an assignment is random or seals. Only the order of these depends on the joins that wait. */
  readonly #hasDrawing: boolean;
  /** Number of waiting joins; `#joinsUsing` has the number of waiting joins that use each variable. */
  #joinsWaiting = 0;
  readonly #joinsUsing = new Map<string, number>();
  /** Positions of assignments, indexed by the variables that their values use. */
  readonly #assignmentsFrom = new Map<string, number[]>();

  constructor(body: readonly Literal[], bound: BoundSet, tables: TableFacts, neededFirst: ReadonlySet<string>) {
    this.#body = body;
    this.#tables = tables;
    this.#neededFirst = neededFirst;
    this.#bound = new Set(bound);
    this.#isTaken = body.map(() => false);
    this.#hasDrawing = body.some((literal) => scalarOf(literal) !== undefined && isDrawing(literal));
    const given = body.some(isNegation) ? new Set(body.flatMap(boundBy)) : NONE;
    for (const [at, literal] of body.entries()) {
      this.#count(literal, 1);
      if (literal.kind === "assign") this.#noteAssignment(at, literal.value);
      this.#enlist(at, literal, given);
    }
  }

  /** Takes the next literal, and binds its variables. */
  next(): Literal {
    const at = this.#chosen();
    if (at === undefined) {
      const waiting = this.#isTaken.filter((isTaken) => !isTaken).length;
      throw new Error(`none of ${waiting} literals can run: the checks accepted an unbound variable`);
    }
    const literal = this.#body[at] as Literal;
    this.#isTaken[at] = true;
    const drawing = this.#drawing.indexOf(at);
    if (drawing >= 0) this.#drawing.splice(drawing, 1);
    this.#count(literal, -1);
    for (const name of boundBy(literal)) this.#bind(name);
    return literal;
  }

  #chosen(): number | undefined {
    return (
      this.#firstOf(this.#contexts) ??
      this.#firstOf(this.#scalars) ??
      this.#firstOf(this.#negations) ??
      this.#drawing.find((at) => this.#mayDraw(this.#body[at] as Literal)) ??
      this.#bestJoin() ??
      // `f_seal` comes last: only derivations that pass all other literals use up a nonce.
      this.#drawing[0]
    );
  }

  #firstOf(queue: IndexQueue, isValid: (at: number) => boolean = () => true): number | undefined {
    for (let at = queue.first; at !== undefined; at = queue.first) {
      if (this.#isTaken[at] === false && isValid(at)) return at;
      queue.take();
    }
    return undefined;
  }

  #bestJoin(): number | undefined {
    for (const rank of RANKS) {
      const at = this.#firstOf(this.#joins[rank], (candidate) => this.#ranks[candidate] === rank);
      if (at !== undefined) return at;
    }
    return undefined;
  }

  #mayDraw(literal: Literal): boolean {
    const values = this.#valuesFrom(literal);
    const isNeededFirst = values.some((name) => this.#neededFirst.has(name));
    const isDeferred =
      !isNeededFirst && this.#joinsWaiting > 0 && values.every((name) => (this.#joinsUsing.get(name) ?? 0) === 0);
    return !(isDeferred && isRandom(literal)) && (isNeededFirst || !seals(literal));
  }

  /** Returns the variable that the literal assigns, and all variables that waiting assignments compute from this variable. */
  #valuesFrom(literal: Literal): readonly string[] {
    if (literal.kind !== "assign") return [];
    const values = new Set([literal.target.name]);
    for (const name of values) {
      for (const at of this.#assignmentsFrom.get(name) ?? []) {
        const other = this.#body[at];
        if (this.#isTaken[at] === false && other?.kind === "assign") values.add(other.target.name);
      }
    }
    return [...values];
  }

  /** Adds a waiting join with the sign 1, and subtracts it with -1. */
  #count(literal: Literal, sign: 1 | -1): void {
    if (!this.#hasDrawing || !isJoin(literal)) return;
    this.#joinsWaiting += sign;
    for (const name of namesIn(literal)) this.#joinsUsing.set(name, (this.#joinsUsing.get(name) ?? 0) + sign);
  }

  #noteAssignment(at: number, value: Expression): void {
    for (const name of new Set(namesOf(value))) {
      const found = this.#assignmentsFrom.get(name);
      if (found === undefined) this.#assignmentsFrom.set(name, [at]);
      else found.push(at);
    }
  }

  /** Registers the variables that the literal waits for. `given` are the variables that positive literals bind. */
  #enlist(at: number, literal: Literal, given: ReadonlySet<string>): void {
    const scalar = scalarOf(literal);
    if (scalar !== undefined) this.#when(namesOf(scalar), () => this.#enlistScalar(at, literal));
    if (literal.kind === "member") this.#when(namesOf(literal.list), () => this.#rank(at, LIST));
    if (literal.kind !== "predicate") return;
    if (this.#tables.isContext(literal.atom.name.text)) this.#whenKeyed(literal, () => this.#contexts.add(at));
    if (!literal.negated) return this.#enlistJoin(at, literal);
    // A negation waits only for variables that positive literals bind. Its other variables mean "any value".
    const awaited = variablesOf(literal).filter((name) => given.has(name));
    this.#when(awaited, () => this.#negations.add(at));
  }

  #enlistScalar(at: number, literal: Literal): void {
    if (!this.#hasDrawing || !isDrawing(literal)) return this.#scalars.add(at);
    this.#drawing.splice(this.#drawing.findLastIndex((other) => other < at) + 1, 0, at);
  }

  /** A join can run when the variables of its computed arguments are bound. Its rank improves as its columns become known. */
  #enlistJoin(at: number, literal: PredicateLiteral): void {
    let rank: Rank = SCAN;
    let canRun = false;
    const improve = (better: Rank): void => {
      rank = better < rank ? better : rank;
      if (canRun) this.#rank(at, rank);
    };
    const indexed = (): void => improve(INDEXED);
    const computed: string[] = [];
    for (const argument of literal.atom.args) {
      if (!isKnowable(argument)) continue;
      const names = namesOf(argument);
      this.#when(names, indexed);
      if (argument.kind !== "variable") for (const name of names) computed.push(name);
    }
    this.#whenKeyed(literal, () => improve(KEYED));
    this.#when(computed, () => {
      canRun = true;
      improve(rank);
    });
  }

  #rank(at: number, rank: Rank): void {
    if (this.#ranks[at] === rank) return;
    this.#ranks[at] = rank;
    this.#joins[rank].add(at);
  }

  /** Calls `met` when all key columns of a table with a key are known. */
  #whenKeyed({ atom }: PredicateLiteral, met: () => void): void {
    const keys = this.#tables.keysOf(atom.name.text);
    if (keys.length === 0) return;
    const names: string[] = [];
    for (const column of keys) {
      const argument = atom.args[column];
      if (argument === undefined || !isKnowable(argument)) return;
      for (const name of namesOf(argument)) names.push(name);
    }
    this.#when(names, met);
  }

  /** Calls `met` when all the variables are bound. */
  #when(names: readonly string[], met: () => void): void {
    const [first] = names;
    // Most arguments are one variable or a constant.
    if (names.length <= 1) {
      if (first === undefined || this.#bound.has(first)) met();
      else this.#await(first, { missing: 1, met });
      return;
    }
    const missing = new Set(names.filter((name) => !this.#bound.has(name)));
    if (missing.size === 0) return met();
    const need: Need = { missing: missing.size, met };
    for (const name of missing) this.#await(name, need);
  }

  #await(name: string, need: Need): void {
    const found = this.#needs.get(name);
    if (found === undefined) this.#needs.set(name, [need]);
    else found.push(need);
  }

  #bind(name: string): void {
    if (this.#bound.has(name)) return;
    this.#bound.add(name);
    for (const need of this.#needs.get(name) ?? []) if (--need.missing === 0) need.met();
    this.#needs.delete(name);
  }
}

/** The expression that a test, an assignment or a pattern for a single item evaluates; undefined for all other literals. */
function scalarOf(literal: Literal): Expression | undefined {
  switch (literal.kind) {
    case "condition":
      return literal.test;
    case "assign":
      return literal.value;
    case "member":
      return onlyItem(literal.list) === undefined ? undefined : literal.list;
    case "predicate":
      return undefined;
  }
}

/** Whether the literal reads a table or the items of a list, so that it can multiply or filter derivations. */
function isJoin({ kind }: Literal): boolean {
  return kind === "predicate" || kind === "member";
}

/** Whether the literal calls a function that may return another value at each call. */
function isRandom(literal: Literal): boolean {
  return expressionsOfLiteral(literal).some((expression) => hasPart(expression, drawsValue));
}

function isDrawing(literal: Literal): boolean {
  return isRandom(literal) || seals(literal);
}

function seals(literal: Literal): boolean {
  return expressionsOfLiteral(literal).some((expression) => hasPart(expression, isSeal));
}

function isSeal(part: Expression): boolean {
  return part.kind === "call" && part.name.text === "f_seal";
}

function isNegation(literal: Literal): literal is PredicateLiteral {
  return literal.kind === "predicate" && literal.negated;
}

/** Whether an argument of a body literal is an expression, whose value the join can look up once it is known. */
function isKnowable(argument: PredicateLiteral["atom"]["args"][number]): argument is Expression {
  return argument.kind !== "return" && argument.kind !== "aggregate" && argument.kind !== "wildcard";
}

function namesOf(expression: Expression): readonly string[] {
  if (expression.kind === "variable") return [expression.name];
  return variablesIn(expression).map(({ name }) => name);
}

/** Returns the variables in all expressions of a literal, each once. */
function namesIn(literal: Literal): ReadonlySet<string> {
  return new Set(expressionsOfLiteral(literal).flatMap(namesOf));
}

/** Returns the variables that the literal binds; a negation binds none. */
export function boundBy(literal: Literal): readonly string[] {
  return isNegation(literal) ? [] : variablesOf(literal);
}

function variablesOf(literal: Literal): readonly string[] {
  switch (literal.kind) {
    case "predicate":
      return variablesAmong(literal.atom.args);
    case "assign":
      return [literal.target.name];
    case "member":
      return patternVariables(literal.pattern);
    case "condition":
      return [];
  }
}

function variablesAmong(args: PredicateLiteral["atom"]["args"]): readonly string[] {
  const names: string[] = [];
  for (const argument of args) if (argument.kind === "variable") names.push(argument.name);
  return names;
}
