/**
 * column-types: infers which kinds of values each column can hold. `plan.ts` runs the inference first. The checks in this folder then
 * report contradictions, and `predicate-table.ts` puts the types into the plan, by which the runtime checks incoming tuples.
 */
import type {
  AggregateFunction,
  Argument,
  Assignment,
  Atom,
  Expression,
  Literal,
  PacketExpression,
} from "../../grammar/ast.ts";
import { ANYTHING, type ColumnType, typeBit } from "../../runtime/plan/values/column-type.ts";
import { kindsOf } from "../../runtime/plan/values/value-type.ts";
import { type Kind, kindOf } from "../../runtime/plan/values/value.ts";
import { callForm, socketEventNamed } from "../../runtime/plan/values/socket-view.ts";
import { STREAM_CLOSED } from "../../runtime/plan/values/stream-call.ts";
import { UDP_RECV, UDP_SEND } from "../../runtime/plan/values/udp-call.ts";
import { ELSE_SEND, isLocalAddressTable, PERIODIC, TAP, TUN } from "../program/builtin.ts";
import { constantValue } from "../program/constant-value.ts";
import { patternVariables } from "../program/pattern.ts";
import { variablesIn } from "../program/visit.ts";
import { kindsOfType } from "../program/type-name.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import type { CoreChannel, CoreProgram, CoreRule } from "../2-rewrite/core.ts";
import { eventColumns } from "./aggregate-columns.ts";
import { ADDRESS, type Environment, NUMBER, typeOf, UNSURE } from "./expression-type.ts";
import { sentPackets } from "./sent-packets.ts";
import type { Column } from "./strand.ts";

/** Types of the columns of all predicates, inferred from the rules and facts of the program. */
export interface ColumnTypes {
  /** Bits of kinds per column; 0 if unknown. */
  of(name: string, arity: number): readonly ColumnType[];
  /** Types of the columns that the rule derives; 0 if unknown. */
  ofHead(rule: CoreRule): readonly ColumnType[];
  /** Types of the columns that the rule derives, some with the mark `UNSURE`; 0 for a column that can never have a value. */
  inferredForHead(rule: CoreRule): readonly ColumnType[];
  /** Types of the variables of the rule. */
  ofVariables(rule: CoreRule): Environment;
  /** Type that a signature declares for the column; undefined without a signature, and for `any`. */
  declared(name: string, column: number): ColumnType | undefined;
  /** Type of the values that a literal of a body can read from the column; undefined if nothing is known. */
  ofColumn(name: string, column: number): ColumnType | undefined;
  /** Types that the signature of a predicate declares, 0 for columns of `any`; undefined without a signature. */
  signature(name: string): readonly ColumnType[] | undefined;
  /** Type that is fixed by the node, a signature or another program, not inferred from the rules; undefined if none of them fixes it. */
  fixed(name: string, column: number): ColumnType | undefined;
}

/**
 * Infers types by propagating them from constants and functions through the rules to a fixpoint. Columns of predicates with facts may be
 * anything, because each node may have other facts. Tables in `closed` hold only the facts of the program, so their columns have the types
 * of these facts. A column that no rule fills, or that rules fill only from itself, is unknown, and so is each column that depends on an
 * unknown column.
 */
export function inferColumnTypes(core: CoreProgram, closed: ReadonlySet<string> = NO_TABLES): ColumnTypes {
  const inference = new Inference(core, closed);
  for (const accept of core.accepts) inference.add(accept.name, accept.types.map(kindsOf));
  for (const { atom } of core.facts)
    inference.add(atom.name.text, atom.args.map(closed.has(atom.name.text) ? typeOfConstant : anyType));
  for (const name of core.open ?? [])
    inference.add(
      name,
      Array.from({ length: core.arities.get(name) ?? 0 }, () => ANYTHING),
    );
  const transfers: readonly Transfer[] = [
    ...core.rules.map((rule) => {
      return { reads: readBy(rule), fills: rule.head.name.text, infer: () => inference.rule(rule) };
    }),
    ...core.rules.flatMap((rule) =>
      sentPackets(rule).map((packet) => {
        return { reads: readBy(rule), fills: packet.name.text, infer: () => inference.packet(rule, packet) };
      }),
    ),
    ...core.channels.map((channel) => {
      return { reads: [channel.outlet], fills: channel.inlet, infer: () => inference.channel(channel) };
    }),
    ...basesOf(core).map(({ name, baseOf }) => {
      return { reads: [baseOf], fills: name, infer: () => inference.base(name, baseOf) };
    }),
  ];
  runToFixpoint(transfers);
  inference.assumeAnything();
  runToFixpoint(transfers);
  return inference;
}

const NO_TABLES: ReadonlySet<string> = new Set();

function anyType(): ColumnType {
  return ANYTHING;
}

/** Rows of a table may differ in type, so a rule may read only some of the kinds. */
function unsureIfMixed(type: ColumnType | undefined): ColumnType | undefined {
  return type !== undefined && (type & (type - 1)) !== 0 ? type | UNSURE : type;
}

function typeOfConstant(argument: Argument): ColumnType {
  const expression = argument as Expression;
  const value = constantValue(expression);
  return value === undefined ? (typeOf(expression, new Map()) ?? ANYTHING) : typeBit(kindOf(value));
}

/** Transfer function of the type inference: computes the column types of one predicate from the types of others. */
interface Transfer {
  readonly reads: readonly string[];
  readonly fills: string;
  /** Runs the transfer; returns whether a type has changed. */
  readonly infer: () => boolean;
}

/** Runs each transfer, and again whenever a predicate that it reads has changed. */
function runToFixpoint(transfers: readonly Transfer[]): void {
  const readers = new Map<string, Transfer[]>();
  for (const transfer of transfers) {
    for (const name of new Set(transfer.reads)) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [transfer]);
      else known.push(transfer);
    }
  }
  const waiting = new Set(transfers);
  for (const transfer of waiting) {
    waiting.delete(transfer);
    if (transfer.infer()) for (const reader of readers.get(transfer.fills) ?? []) waiting.add(reader);
  }
}

/** Hidden tables that hold the base rows of a mixed table, with the name of that table. */
export function basesOf({ tables }: CoreProgram): readonly { readonly name: string; readonly baseOf: string }[] {
  return [...tables.values()].flatMap(({ name, baseOf }) => (baseOf === undefined ? [] : [{ name, baseOf }]));
}

export function readBy({ trigger, body }: CoreRule): readonly string[] {
  const literals = trigger.kind === "maintained" ? body : [trigger.literal, ...body];
  return literals.flatMap((literal) => {
    if (isPredicate(literal)) return [literal.atom.name.text];
    return literal.kind === "member" && literal.pattern.kind === "packet" ? [literal.pattern.name.text] : [];
  });
}

function producedNames(core: CoreProgram): ReadonlySet<string> {
  const atoms = [...core.rules.map((rule) => rule.head), ...core.facts.map((fact) => fact.atom)];
  const packets = core.rules.flatMap(sentPackets);
  const received = [...core.channels.map(({ inlet }) => inlet), ...basesOf(core).map(({ name }) => name)];
  const named = [...atoms, ...packets];
  return new Set([...named.map(({ name }) => name.text), ...core.accepts.map((accept) => accept.name), ...received]);
}

class Inference implements ColumnTypes {
  readonly #columns = new Map<string, (ColumnType | undefined)[]>();
  readonly #core: CoreProgram;
  readonly #produced: ReadonlySet<string>;
  /** Tables that hold only the facts of the program. */
  readonly #closed: ReadonlySet<string>;
  /** Types that signatures declare; undefined for columns declared as `any`. */
  readonly #declared: ReadonlyMap<string, readonly (ColumnType | undefined)[]>;
  /** Types of the variables of each rule, as of the last run of its transfer. They are final after the fixpoint. */
  readonly #environments = new Map<CoreRule, Environment>();
  /** Type of columns without an inferred type: undefined during the first pass, `ANYTHING` during the second. */
  #unknown: ColumnType | undefined;

  constructor(core: CoreProgram, closed: ReadonlySet<string>) {
    this.#core = core;
    this.#closed = closed;
    this.#produced = producedNames(core);
    this.#declared = new Map(core.signatures.map(({ name, types }) => [name, types.map(restriction)]));
  }

  of(name: string, arity: number): readonly ColumnType[] {
    if (isLocalAddressTable(name)) return [ADDRESS];
    return Array.from({ length: arity }, (_, column) =>
      known(this.declared(name, column) ?? this.#columns.get(name)?.[column]),
    );
  }

  declared(name: string, column: number): ColumnType | undefined {
    return this.#declared.get(name)?.[column];
  }

  signature(name: string): readonly ColumnType[] | undefined {
    return this.#declared.get(name)?.map((type) => type ?? 0);
  }

  ofVariables(rule: CoreRule): Environment {
    return this.#environments.get(rule) ?? this.#environment(rule);
  }

  inferredForHead(rule: CoreRule): readonly ColumnType[] {
    return this.#headTypes(rule, this.ofVariables(rule)).map((type) => type ?? ANYTHING);
  }

  fixed(name: string, column: number): ColumnType | undefined {
    return builtinType(name, column) ?? this.declared(name, column) ?? this.#filled(name, column);
  }

  /** Type of a column that another program fills; undefined if the type is unknown. */
  #filled(name: string, column: number): ColumnType | undefined {
    return this.#core.filled?.get(name)?.[column] || undefined;
  }

  ofColumn(name: string, column: number): ColumnType | undefined {
    return this.#columnType(name, column);
  }

  add(name: string, types: readonly (ColumnType | undefined)[]): boolean {
    const columns = this.#columns.get(name) ?? [];
    this.#columns.set(name, columns);
    let changed = false;
    for (const [at, type] of types.entries()) {
      const joined = type === undefined ? columns[at] : (columns[at] ?? 0) | type;
      changed ||= joined !== columns[at];
      columns[at] = joined;
    }
    return changed;
  }

  /** Starts the second pass: columns that are still unknown may be anything. */
  assumeAnything(): void {
    this.#unknown = ANYTHING;
  }

  channel({ outlet, inlet }: CoreChannel): boolean {
    const [, ...types] = this.#columns.get(outlet) ?? [];
    return this.add(inlet, [typeBit("string"), ...types]);
  }

  base(name: string, of: string): boolean {
    return this.add(name, this.#columns.get(of) ?? []);
  }

  ofHead(rule: CoreRule): readonly ColumnType[] {
    return this.#headTypes(rule, this.ofVariables(rule)).map(known);
  }

  rule(rule: CoreRule): boolean {
    const environment = this.#environment(rule);
    this.#environments.set(rule, environment);
    return this.add(rule.head.name.text, this.#headTypes(rule, environment));
  }

  /** Adds the types of a packet that the rule sends. */
  packet(rule: CoreRule, { name, args }: PacketExpression): boolean {
    const environment = this.#environment(rule);
    return this.add(
      name.text,
      args.map((argument) => typeOf(argument, environment)),
    );
  }

  #headTypes(rule: CoreRule, environment: Environment): readonly (ColumnType | undefined)[] {
    if (rule.isDelete) return [];
    const mayMiss = this.#nullableColumns(rule);
    return rule.head.args.map((argument, column) => {
      const type = headType(argument, environment);
      return type !== undefined && mayMiss.has(column) ? type | typeBit("null") : type;
    });
  }

  /** Columns that are null if no row joins the event: `min`, `max` and `avg`, and columns of the winning row. */
  #nullableColumns(rule: CoreRule): ReadonlySet<number> {
    if (rule.trigger.kind === "maintained" || !hasAggregate(rule.head)) return new Set();
    const columns = eventColumns(rule, this.#core.tables.get(rule.head.name.text)?.keys ?? []);
    const isMissing = (column: Column): boolean =>
      column.kind === "winner" || (column.kind === "aggregate" && /^(?:min|max|avg)$/.test(column.function));
    return new Set(columns.flatMap((column, at) => (isMissing(column) ? [at] : [])));
  }

  /** Visits the body in the order of the text, then revisits assignments whose variables had no type at the first visit. */
  #environment(rule: CoreRule): Environment {
    const environment = new Map<string, ColumnType>();
    const literals = rule.trigger.kind === "maintained" ? rule.body : [rule.trigger.literal, ...rule.body];
    this.#bind(literals, environment);
    const waiting = literals.filter((literal) => literal.kind === "assign" && !environment.has(literal.target.name));
    if (waiting.length > 0) bindWaiting(waiting as readonly Assignment[], environment);
    return environment;
  }

  /** Adds the variables that the literals bind, with their types. */
  #bind(literals: readonly Literal[], environment: Map<string, ColumnType>): void {
    for (const literal of literals) {
      if (literal.kind === "assign") add(environment, literal.target.name, typeOf(literal.value, environment));
      else if (literal.kind === "member") this.#bindPattern(literal.pattern, environment);
      else if (isPredicate(literal) && !literal.negated) this.#bindColumns(literal.atom, environment);
    }
  }

  #bindColumns({ name, args }: Atom, environment: Map<string, ColumnType>): void {
    for (let column = 0; column < args.length; column++) {
      const argument = args[column] as Argument;
      if (argument.kind !== "variable" || environment.has(argument.name)) continue;
      add(environment, argument.name, this.#columnType(name.text, column));
    }
  }

  /**
   * Variables in the pattern of a packet have the types of the predicate's columns. The items of a list may be anything; its tail is a
   * list.
   */
  #bindPattern(pattern: Expression, environment: Map<string, ColumnType>): void {
    if (pattern.kind === "list" && pattern.tail?.kind === "variable")
      add(environment, pattern.tail.name, typeBit("list"));
    const args = pattern.kind === "packet" ? pattern.args : [pattern];
    for (const [column, part] of args.entries()) {
      if (pattern.kind === "packet" && part.kind === "variable")
        add(environment, part.name, this.#columnType(pattern.name.text, column));
      else for (const name of patternVariables(part)) add(environment, name, ANYTHING);
    }
  }

  #columnType(name: string, column: number): ColumnType | undefined {
    const fixed = this.fixed(name, column);
    if (fixed !== undefined) return fixed;
    if (this.#closed.has(name)) return unsureIfMixed(this.#columns.get(name)?.[column]);
    if (!this.#produced.has(name) || name.endsWith(".send") || name.endsWith(".recv")) return ANYTHING;
    return this.#columns.get(name)?.[column] ?? this.#unknown;
  }
}

/** Adds the types of assignments that use variables of later literals. The assignments may stand in any order. */
function bindWaiting(assignments: readonly Assignment[], environment: Map<string, ColumnType>): void {
  const readers = new Map<string, Assignment[]>();
  for (const assignment of assignments) {
    for (const { name } of variablesIn(assignment.value)) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [assignment]);
      else known.push(assignment);
    }
  }
  const ready = [...assignments];
  for (const { target, value } of ready) {
    if (environment.has(target.name)) continue;
    add(environment, target.name, typeOf(value, environment));
    if (environment.has(target.name)) for (const reader of readers.get(target.name) ?? []) ready.push(reader);
  }
}

/** Sets the type of a variable, unless it has one. */
function add(environment: Map<string, ColumnType>, name: string, type: ColumnType | undefined): void {
  if (type !== undefined && !environment.has(name)) environment.set(name, type);
}

/** Type of a column of a predicate that the node itself raises, fills or consumes; undefined for all other predicates. */
export function builtinType(name: string, column: number): ColumnType | undefined {
  if (name === PERIODIC || name === STREAM_CLOSED) return NUMBER;
  const outcome = socketOutcome(name)?.[column];
  if (outcome !== undefined) return outcome;
  if (name === UDP_RECV) return [NUMBER, typeBit("string"), typeBit("bytes")][column];
  if (name === UDP_SEND) return [NUMBER, typeBit("string"), typeBit("string") | typeBit("bytes")][column];
  if (name === ELSE_SEND) return [typeBit("address"), typeBit("tuple")][column];
  if (name === TAP) return [typeBit("bytes"), typeBit("string"), typeBit("string"), NUMBER, typeBit("string")][column];
  if (name === TUN)
    return [typeBit("bytes"), typeBit("string"), typeBit("string"), NUMBER, NUMBER, typeBit("string")][column];
  return isLocalAddressTable(name) ? ADDRESS : undefined;
}

/** Returns the kinds of a declared type; undefined for `any`, which restricts nothing. */
function restriction(name: string): ColumnType | undefined {
  const type = kindsOfType(name);
  return type === ANYTHING ? undefined : type;
}

/** Types of the columns of a socket call's outcome: the query id, then the results or the reason of the failure. */
function socketOutcome(name: string): readonly ColumnType[] | undefined {
  const view = socketEventNamed(name);
  if (view?.event === "fail") return [NUMBER, typeBit("string")];
  if (view?.event !== "return") return undefined;
  const kindOfOutput: Readonly<Record<string, ColumnType>> = { Packet: typeBit("bytes"), Peer: typeBit("string") };
  return [NUMBER, ...callForm(view).outputs.map((output) => kindOfOutput[output] ?? NUMBER)];
}

function known(type: ColumnType | undefined): ColumnType {
  const bits = (type ?? ANYTHING) & ANYTHING;
  return bits === ANYTHING ? 0 : bits;
}

/** Result kinds of aggregates that do not depend on the operand. `min` and `max` have the type of their operand. */
const aggregateKinds: Readonly<Partial<Record<AggregateFunction, readonly Kind[]>>> = {
  count: ["number"],
  countDistinct: ["number"],
  sum: ["number"],
  avg: ["number"],
  list: ["list"],
  set: ["list"],
  union: ["list"],
};

function headType(argument: Argument, environment: Environment): ColumnType | undefined {
  if (argument.kind === "return") return ANYTHING;
  if (argument.kind !== "aggregate") return typeOf(argument, environment);
  const result = aggregateKinds[argument.function];
  if (result !== undefined) return result.reduce((bits, kind) => bits | typeBit(kind), 0);
  return argument.operand === undefined ? undefined : typeOf(argument.operand, environment);
}
