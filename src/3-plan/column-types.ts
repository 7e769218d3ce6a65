/**
 * column-types: infers which kinds of values each column can hold. `plan.ts` runs it first; the checks beside it report
 * contradictions, and `predicate-table.ts` puts the types into the plan, where the runtime checks incoming tuples.
 */
import type { AggregateFunction, Argument, Binary, Expression, FunctionCall, Literal } from "../../grammar/ast.ts";
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

/** Types of the columns of all predicates, inferred from the rules and facts of the program. */
export interface ColumnTypes {
  /** Bits of kinds per column; 0 if unknown. */
  of(name: string, arity: number): readonly ColumnType[];
  /** Types of the columns that the rule derives; 0 if unknown. */
  ofHead(rule: CoreRule): readonly ColumnType[];
}

const ANYTHING = kinds.reduce((bits, kind) => bits | typeBit(kind), 0);
const ADDRESS = typeBit("string") | typeBit("address");
const NUMBER = typeBit("number");

/**
 * Infers types by propagating them from constants and functions through the rules to a fixpoint. Columns of facts may be
 * anything, for nodes may have other facts. A column that no rule fills, or only from itself, is unknown, and so are
 * the columns that depend on it.
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

/** Tables that hold the base rows of others. */
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

/** Types of the variables of a rule. A missing variable is bound by a column whose type is not known yet. */
type Environment = Map<string, ColumnType>;

function producedNames(core: CoreProgram): ReadonlySet<string> {
  const atoms = [...core.rules.map((rule) => rule.head), ...core.facts.map((fact) => fact.atom)];
  const received = [...core.channels.map(({ inlet }) => inlet), ...basesOf(core).map(({ name }) => name)];
  return new Set([...atoms.map((atom) => atom.name.text), ...core.accepts.map((accept) => accept.name), ...received]);
}

class Inference implements ColumnTypes {
  readonly #columns = new Map<string, (ColumnType | undefined)[]>();
  readonly #core: CoreProgram;
  readonly #produced: ReadonlySet<string>;
  /** Type of columns without an inferred type: undefined during the first pass, anything during the second. */
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

  /** Columns that are null if no row joins an event: some aggregates, and columns of the winning row. */
  #nullableColumns(rule: CoreRule): ReadonlySet<number> {
    if (rule.trigger.kind === "maintained" || !hasAggregate(rule.head)) return new Set();
    const columns = eventColumns(rule, this.#core.tables.get(rule.head.name.text)?.keys ?? []);
    const isMissing = (column: Column): boolean =>
      column.kind === "winner" || (column.kind === "aggregate" && /^(?:min|max|avg)$/.test(column.function));
    return new Set(columns.flatMap((column, at) => (isMissing(column) ? [at] : [])));
  }

  /** Visits the body until no variable is added, so that the order of assignments does not matter. */
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

  /** Returns the variables that the literal binds, with their types. */
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

/** Types of the outcome of a TCP call: the query id, then the results, or the reason of a failure. */
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
      return callType(expression);
    case "unary":
      return expression.operator === "!" ? typeBit("bool") : typeOf(expression.operand, environment);
    case "conditional":
      return union(typeOf(expression.yes, environment), typeOf(expression.no, environment));
    case "binary":
      if (!isArithmetic(expression.operator)) return typeBit("bool");
      return binaryType(expression, typeOf(expression.left, environment), typeOf(expression.right, environment));
  }
}

function callType({ name: { text: name }, isOverlog }: FunctionCall): ColumnType {
  if (name === LOCAL_ADDRESS_FUNCTION) return ADDRESS;
  if (name === FRESH_QUERY_FUNCTION) return NUMBER;
  return functionNamed(name, isOverlog)?.result || ANYTHING;
}

/** Type of an arithmetic operation: one of its operands, but in OverLog a string or a list beside any value gives its own type. */
function binaryType(
  { operator, isOverlog }: Binary,
  left: ColumnType | undefined,
  right: ColumnType | undefined,
): ColumnType | undefined {
  const both = union(left, right);
  if (both === undefined || isOverlog !== true) return both;
  const winner = typeBit(operator === "+" ? "string" : "list");
  return operator !== "/" && (left === winner || right === winner) ? winner : both;
}

function union(one: ColumnType | undefined, other: ColumnType | undefined): ColumnType | undefined {
  return one === undefined || other === undefined ? undefined : one | other;
}
