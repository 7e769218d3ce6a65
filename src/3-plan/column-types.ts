import type { AggregateFunction, Argument, Expression, Literal } from "../../grammar/ast.ts";
import { type ColumnType, typeBit } from "../../runtime/plan/values/column-type.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import { type Kind, kindOf, kinds } from "../../runtime/plan/values/value.ts";
import { STREAM_CLOSED, streamCallForms, streamEventNamed } from "../../runtime/plan/values/stream-call.ts";
import { isLocalAddressTable, PERIODIC, TUN } from "../program/builtin.ts";
import { patternVariables } from "../program/binding.ts";
import { kindsNamed } from "../program/type-name.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import {
  type CoreChannel,
  type CoreProgram,
  type CoreRule,
  FRESH_QUERY_FUNCTION,
  LOCAL_ADDRESS_FUNCTION,
} from "../2-rewrite/core.ts";
import { eventColumns } from "./aggregate-columns.ts";
import { isArithmetic } from "./operation.ts";
import type { Column } from "./strand.ts";

/** What can stand in each column of each predicate, as far as the program's own rules and facts say. */
export interface ColumnTypes {
  /** Bits of kinds, 0 where nothing is known. */
  of(name: string, arity: number): readonly ColumnType[];
  /** What the rule puts into the columns of its head, 0 where nothing is known. */
  ofHead(rule: CoreRule): readonly ColumnType[];
}

const ANYTHING = kinds.reduce((bits, kind) => bits | typeBit(kind), 0);
const ADDRESS = typeBit("string") | typeBit("address");
const NUMBER = typeBit("number");

/**
 * Follows values from constants and functions through the rules until nothing changes. Facts count for anything: a
 * node's own facts are its own affair. A column that no rule fills, or that is filled from itself alone, is unknown, and
 * so is all that depends on it.
 */
export function inferColumnTypes(core: CoreProgram): ColumnTypes {
  const inference = new Inference(core);
  for (const accept of core.accepts) inference.add(accept.name, accept.types.map(declaredType));
  for (const fact of core.facts)
    inference.add(
      fact.atom.name.text,
      fact.atom.args.map(() => ANYTHING),
    );
  const transfers: readonly Transfer[] = [
    ...core.rules.map((rule) => {
      return { reads: readBy(rule), fills: rule.head.name.text, infer: () => inference.rule(rule) };
    }),
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

/** What fills the columns of one predicate from those of others. */
interface Transfer {
  readonly reads: readonly string[];
  readonly fills: string;
  /** Whether it has learned anything. */
  readonly infer: () => boolean;
}

/** Each passage once, and again whenever something is learned of what it reads. */
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

/** Tables that hold what others hold. */
function basesOf({ tables }: CoreProgram): readonly { readonly name: string; readonly baseOf: string }[] {
  return [...tables.values()].flatMap(({ name, baseOf }) => (baseOf === undefined ? [] : [{ name, baseOf }]));
}

function readBy({ trigger, body }: CoreRule): readonly string[] {
  const literals = trigger.kind === "maintained" ? body : [trigger.literal, ...body];
  return literals.filter(isPredicate).map((literal) => literal.atom.name.text);
}

export function declaredType(name: string): ColumnType {
  return kindsNamed(name).reduce((bits, kind) => bits | typeBit(kind), 0);
}

/** A variable that is not there takes its values from a column of which nothing is known yet. */
type Environment = Map<string, ColumnType>;

function producedNames(core: CoreProgram): ReadonlySet<string> {
  const made = [...core.rules.map((rule) => rule.head), ...core.facts.map((fact) => fact.atom)];
  const arrived = [...core.channels.map(({ inlet }) => inlet), ...basesOf(core).map(({ name }) => name)];
  return new Set([...made.map((atom) => atom.name.text), ...core.accepts.map((accept) => accept.name), ...arrived]);
}

class Inference implements ColumnTypes {
  readonly #columns = new Map<string, (ColumnType | undefined)[]>();
  readonly #core: CoreProgram;
  readonly #produced: ReadonlySet<string>;
  /** What stands in a column of which nothing was learned. */
  #unknown: ColumnType | undefined;

  constructor(core: CoreProgram) {
    this.#core = core;
    this.#produced = producedNames(core);
  }

  of(name: string, arity: number): readonly ColumnType[] {
    return Array.from({ length: arity }, (_, column) => known(this.#columns.get(name)?.[column]));
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

  /** All has been followed: what nothing is known of by now may be anything. */
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
    return this.#headTypes(rule).map(known);
  }

  rule(rule: CoreRule): boolean {
    return this.add(rule.head.name.text, this.#headTypes(rule));
  }

  #headTypes(rule: CoreRule): readonly (ColumnType | undefined)[] {
    const environment = this.#environment(rule);
    if (rule.isDelete) return [];
    const mayMiss = this.#nullableColumns(rule);
    return rule.head.args.map((argument, column) => {
      const type = headType(argument, environment);
      return type !== undefined && mayMiss.has(column) ? type | typeBit("null") : type;
    });
  }

  /** Columns that are null when nothing has joined an event: some aggregates, and what comes from the row that wins. */
  #nullableColumns(rule: CoreRule): ReadonlySet<number> {
    if (rule.trigger.kind === "maintained" || !hasAggregate(rule.head)) return new Set();
    const columns = eventColumns(rule, this.#core.tables.get(rule.head.name.text)?.keys ?? []);
    const isMissing = (column: Column): boolean =>
      column.kind === "winner" || (column.kind === "aggregate" && /^(?:min|max|avg)$/.test(column.function));
    return new Set(columns.flatMap((column, at) => (isMissing(column) ? [at] : [])));
  }

  /** Over the body until nothing is learned, so that assignments see each other whatever their order. */
  #environment(rule: CoreRule): Environment {
    const environment: Environment = new Map();
    const literals = rule.trigger.kind === "maintained" ? rule.body : [rule.trigger.literal, ...rule.body];
    for (let size = -1; size !== environment.size; ) {
      size = environment.size;
      for (const literal of literals) {
        for (const [name, type] of this.#valuesOf(literal, environment)) {
          if (type !== undefined && !environment.has(name)) environment.set(name, type);
        }
      }
    }
    return environment;
  }

  /** The variables to which the literal gives values, and what these are. */
  #valuesOf(literal: Literal, environment: Environment): readonly (readonly [string, ColumnType | undefined])[] {
    if (literal.kind === "assign") return [[literal.target.name, typeOf(literal.value, environment)]];
    if (literal.kind === "member") return patternVariables(literal.pattern).map((name) => [name, ANYTHING]);
    if (!isPredicate(literal) || literal.negated) return [];
    return [...literal.atom.args.entries()].flatMap(([column, argument]) =>
      argument.kind === "variable" ? [[argument.name, this.#columnType(literal.atom.name.text, column)] as const] : [],
    );
  }

  #columnType(name: string, column: number): ColumnType | undefined {
    if (name === PERIODIC || name === STREAM_CLOSED) return NUMBER;
    const outcome = streamOutcome(name)?.[column];
    if (outcome !== undefined) return outcome;
    if (name === TUN) return [typeBit("bytes"), typeBit("string"), typeBit("string"), NUMBER, NUMBER][column];
    if (isLocalAddressTable(name)) return ADDRESS;
    if (!this.#produced.has(name) || /\.(send|recv)$/.test(name)) return ANYTHING;
    return this.#columns.get(name)?.[column] ?? this.#unknown;
  }
}

/** What the columns of an outcome of a TCP call hold: the query, then what is returned, or the reason. */
function streamOutcome(name: string): readonly ColumnType[] | undefined {
  const stream = streamEventNamed(name);
  if (stream?.event === "fail") return [NUMBER, typeBit("string")];
  if (stream?.event !== "return") return undefined;
  const kindOfOutput: Readonly<Record<string, ColumnType>> = { Packet: typeBit("bytes"), Peer: typeBit("string") };
  return [NUMBER, ...streamCallForms[stream.call].outputs.map((output) => kindOfOutput[output] ?? NUMBER)];
}

function known(type: ColumnType | undefined): ColumnType {
  return type === undefined || type === ANYTHING ? 0 : type;
}

/** What aggregates give whatever they are over; `min` and `max` give what they are over. */
const aggregateKinds: Readonly<Partial<Record<AggregateFunction, readonly Kind[]>>> = {
  count: ["number"],
  countDistinct: ["number"],
  sum: ["number"],
  avg: ["number"],
  list: ["list"],
  set: ["list"],
};

function headType(argument: Argument, environment: Environment): ColumnType | undefined {
  if (argument.kind === "return") return ANYTHING;
  if (argument.kind !== "aggregate") return typeOf(argument, environment);
  const result = aggregateKinds[argument.function];
  if (result !== undefined) return result.reduce((bits, kind) => bits | typeBit(kind), 0);
  return argument.operand === undefined ? undefined : typeOf(argument.operand, environment);
}

function typeOf(expression: Expression, environment: Environment): ColumnType | undefined {
  switch (expression.kind) {
    case "variable":
      return environment.get(expression.name);
    case "wildcard":
      return typeBit("null");
    case "constant":
      return typeBit(kindOf(expression.value));
    case "list":
      return typeBit("list");
    case "address":
      return typeBit("address");
    case "interval":
      return typeBit("bool");
    case "call":
      return callType(expression.name.text);
    case "unary":
      return expression.operator === "!" ? typeBit("bool") : typeOf(expression.operand, environment);
    case "conditional":
      return union(typeOf(expression.yes, environment), typeOf(expression.no, environment));
    case "binary":
      if (!isArithmetic(expression.operator)) return typeBit("bool");
      return union(typeOf(expression.left, environment), typeOf(expression.right, environment));
  }
}

function callType(name: string): ColumnType {
  if (name === LOCAL_ADDRESS_FUNCTION) return ADDRESS;
  if (name === FRESH_QUERY_FUNCTION) return NUMBER;
  return functionNamed(name)?.result || ANYTHING;
}

function union(one: ColumnType | undefined, other: ColumnType | undefined): ColumnType | undefined {
  return one === undefined || other === undefined ? undefined : one | other;
}
