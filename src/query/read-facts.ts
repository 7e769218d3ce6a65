import type { Argument, Atom, Expression, Fact } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { type ColumnNames, formOf } from "./column-names.ts";
import { withFullStop } from "../../grammar/full-stop.ts";
import { parse } from "../../grammar/parse.ts";
import { report } from "../../grammar/report.ts";
import type { Source } from "../../grammar/span.ts";
import { definingRule } from "../../runtime/plan/contract/defining-rule.ts";
import { Address } from "../../runtime/plan/values/address.ts";
import { admits, columnTypeName } from "../../runtime/plan/values/column-type.ts";
import { formatValue } from "../../runtime/plan/values/format.ts";
import { isNodeAddress } from "../../runtime/plan/values/host-port.ts";
import { ELSE } from "../../runtime/plan/values/location.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { Values, Value } from "../../runtime/plan/values/value.ts";
import { PERIODIC } from "../program/builtin.ts";
import { asPacket } from "../program/as-packet.ts";
import { rewriteExpression } from "../program/rewrite-expression.ts";
import { locationOf } from "../program/location-of.ts";
import { constantValue } from "../program/constant-value.ts";
import { reservedOverlaysIn } from "../program/reserved-overlays.ts";
import { expressionsOfAtom } from "../program/visit.ts";
import { unknownName } from "./unknown-names.ts";

export interface ReadFact {
  readonly predicate: string;
  readonly args: Values;
  /** Location of the fact. Undefined if the fact is for the node that reads it. */
  readonly location: Value | undefined;
}

export interface FactReading {
  /** Undefined if the diagnostics contain an error. */
  readonly facts: readonly ReadFact[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly source: Source;
}

const FILE = "fact";
/** Number of errors after which no more facts are read. */
const MOST_ERRORS = 100;

/** Reads facts to insert into, or delete from, a node that runs `plan`. */
export function readFacts(text: string, plan: Plan, isDelete: boolean, columns: ColumnNames = new Map()): FactReading {
  const source: Source = { file: FILE, text: withFullStop(text), dialect: "mozlog" };
  const { tree, diagnostics } = parse(source, { defines: new Map(), load: () => undefined });
  const isEmpty = text.trim() === "";
  const errors = isEmpty ? [] : diagnostics.filter((one) => one.severity === "error");
  const found: Diagnostic[] = [...errors];
  const facts: (ReadFact | undefined)[] = [];
  const statements = errors.length > 0 || isEmpty ? [] : tree.statements;
  for (const statement of statements) {
    // A request may hold thousands of wrong facts, and each diagnostic shows a line of the request.
    if (found.length >= MOST_ERRORS) break;
    facts.push(readStatement(statement, { plan, columns }, isDelete, found));
  }
  if (errors.length === 0 && facts.length === 0) {
    found.push(report("E0303", { file: FILE, start: 0, end: source.text.length }, { expected: "a fact" }));
  }
  return { facts: found.length > 0 ? undefined : facts.filter((one) => one !== undefined), diagnostics: found, source };
}

function readStatement(
  statement: { readonly kind: string; readonly span: Fact["span"] } | Fact,
  { plan, columns }: { readonly plan: Plan; readonly columns: ColumnNames },
  isDelete: boolean,
  found: Diagnostic[],
): ReadFact | undefined {
  if (!isFact(statement)) {
    found.push(report("E0303", statement.span, { expected: "a fact" }));
    return undefined;
  }
  const { atom } = statement;
  const name = atom.name.text;
  const known = plan.predicates.filter((spec) => spec.name !== PERIODIC && !spec.name.includes("?"));
  const spec = known.find((one) => one.name === name && one.arity === atom.args.length);
  if (spec === undefined) {
    found.push(reportUnknown(statement, known, columns));
    return undefined;
  }
  if (spec.table?.derived === "pure")
    found.push(report("E0306", atom.name.span, { name, rule: definingRule(spec, plan) }));
  if (isDelete && spec.table === undefined) found.push(report("E0232", atom.name.span, { name }));
  const reserved = expressionsOfAtom(atom).flatMap((one) => reservedOverlaysIn(one));
  if (reserved.length > 0) {
    for (const one of reserved) found.push(one);
    return undefined;
  }
  const args = atom.args.map((argument, column) => readArgument(argument, column, spec, plan, found));
  if (spec.role.kind === "localAddr" && !isDelete) checkOwnAddress(atom, args, spec.role.overlay, found);
  return { predicate: name, args, location: readLocation(atom, plan, found) };
}

/**
 * Reports a value of `localAddr` that is no address, or that is an address in the same overlay. An address in another overlay is accepted,
 * even if that overlay is not loaded.
 */
function checkOwnAddress(
  { args: [argument] }: Atom,
  [value]: Values,
  own: string | undefined,
  found: Diagnostic[],
): void {
  const carriesItself = value instanceof Address && value.overlay === own;
  if (argument === undefined || (!carriesItself && (typeof value !== "string" || isNodeAddress(value)))) return;
  const overlay = carriesItself ? own : undefined;
  found.push(report("E0307", argument.span, { location: formatValue(value as Value), overlay }));
}

function readLocation(atom: Atom, plan: Plan, found: Diagnostic[]): Value | undefined {
  const located = locationOf(atom);
  if (located === undefined) return undefined;
  const location = constantIn(plan, located);
  if (location === undefined) {
    // `readArgument` reports a variable in `p(@X, ..)`.
    if (atom.location !== undefined) found.push(report("E0227", located.span, { name: atom.name.text }));
  } else if (!isLocation(location, plan)) {
    found.push(report("E0307", located.span, { location: formatValue(location), overlay: undefined }));
  }
  return location;
}

/** Whether the node can send to the location. LocSpecDemux would drop a tuple for any other location. */
function isLocation(value: Value, { overlays, predicates }: Plan): boolean {
  if (!(value instanceof Address)) return typeof value === "string" && isNodeAddress(value);
  const overlay = overlays.find(({ name }) => name === value.overlay);
  if (overlay?.send === undefined) return predicates.some(isElseSend);
  return value.options.length === 0 || predicates[overlay.send]?.arity === 3;
}

/** Whether the predicate is `else.send`, the event of tuples for overlays that are not loaded. */
function isElseSend({ role }: PredicateSpec): boolean {
  return role.kind === "send" && role.overlay === ELSE;
}

function isFact(statement: { readonly kind: string }): statement is Fact {
  return statement.kind === "fact";
}

function reportUnknown({ atom }: Fact, known: readonly PredicateSpec[], columns: ColumnNames): Diagnostic {
  const name = atom.name.text;
  const namesake = known.find((one) => one.name === name);
  if (namesake !== undefined) {
    return report("E0212", atom.span, {
      name,
      given: atom.args.length,
      usual: namesake.arity,
      form: formOf(name, columns),
    });
  }
  const names = known.map((one) => one.name);
  return report("E0304", atom.name.span, unknownName(name, names));
}

/** Evaluates an expression of the text. A packet may hold a tuple of any predicate of the plan. */
function constantIn({ predicates }: Plan, expression: Expression): Value | undefined {
  const resolved = rewriteExpression(expression, asPacket);
  return constantValue(resolved, (name, arity) => predicates.find((one) => one.name === name && one.arity === arity));
}

function readArgument(argument: Argument, column: number, spec: PredicateSpec, plan: Plan, found: Diagnostic[]): Value {
  const isExpression = argument.kind !== "aggregate" && argument.kind !== "return";
  const value = isExpression ? constantIn(plan, argument) : undefined;
  if (value === undefined) {
    found.push(report("E0227", argument.span, { name: spec.name }));
    return null;
  }
  const type = spec.columns[column] ?? 0;
  if (!admits(type, value)) {
    const facts = { name: spec.name, column: column + 1, expected: columnTypeName(type) };
    found.push(report("E0305", argument.span, facts));
  }
  for (const facts of wrongPackets(value)) found.push(report("E0305", argument.span, facts));
  return value;
}

/** Checks the packets in a value. Returns the columns whose values do not have the type that the packet's predicate requires. */
function wrongPackets(
  value: Value,
): readonly { readonly name: string; readonly column: number; readonly expected: string }[] {
  if (Array.isArray(value)) return (value as Values).flatMap(wrongPackets);
  if (value instanceof Address) return [value.node, ...value.options].flatMap(wrongPackets);
  if (!(value instanceof Packet) || value.tuple === undefined) return [];
  const { predicate, args } = value.tuple;
  return args.flatMap((arg, column) => {
    const type = predicate.columns[column] ?? 0;
    const wrong = { name: predicate.name, column: column + 1, expected: columnTypeName(type) };
    return admits(type, arg) ? wrongPackets(arg) : [wrong];
  });
}
