import type { Atom, Expression, PacketExpression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import { ANYTHING, type ColumnType, typeBit } from "../../runtime/plan/values/column-type.ts";
import { kindOf, kinds } from "../../runtime/plan/values/value.ts";
import type { CoreProgram, CoreRule } from "../2-rewrite/core.ts";
import type { TypeSignature } from "../program/program.ts";
import { kindsOfType } from "../program/type-name.ts";
import type { ColumnTypes } from "./column-types.ts";
import { constantValue } from "../program/constant-value.ts";
import { expressionsOfAtom, expressionsOfLiteral, parts } from "../program/visit.ts";
import { type Environment, typeOf, UNSURE } from "./expression-type.ts";

/** Signatures by the name of their predicate. */
type Signatures = ReadonlyMap<string, TypeSignature>;

/**
 * Reports each rule, fact and packet that gives a column a value of a type that the signature of the predicate does not allow. Values
 * whose types are not known are checked at run time (`required-types.ts`).
 */
export function checkSignatures(core: CoreProgram, types: ColumnTypes): readonly Diagnostic[] {
  if (core.signatures.length === 0) return [];
  const signatures = new Map(core.signatures.map((signature) => [signature.name, signature]));
  const rules = core.rules.flatMap((rule) => [
    ...violationsOfHead(rule, signatures, types, core.tables.get(rule.head.name.text)?.keys),
    ...packetsIn(rule).flatMap((packet) =>
      violationsOfPacket(packet, signatures, types.ofVariables(rule), `rule \`${rule.name}\``),
    ),
  ]);
  const facts = core.facts.flatMap(({ atom }) => violationsOfFact(atom, signatures));
  return oncePerPosition([...rules, ...facts]);
}

function violationsOfHead(
  rule: CoreRule,
  signatures: Signatures,
  types: ColumnTypes,
  keys: readonly number[] = [],
): readonly Diagnostic[] {
  const signature = signatures.get(rule.head.name.text);
  if (signature === undefined) return [];
  const columns = rule.isDelete ? typesOfDeletion(rule, types, keys) : types.inferredForHead(rule);
  return columns.flatMap((type, column) => {
    const span = rule.head.args[column]?.span ?? rule.span;
    return violation(signature, column, type, `rule \`${rule.name}\``, span);
  });
}

/** Types of the columns of a deletion. Columns outside the key do not select rows, so they may be anything. */
function typesOfDeletion(rule: CoreRule, types: ColumnTypes, keys: readonly number[]): readonly ColumnType[] {
  const environment = types.ofVariables(rule);
  return rule.head.args.map((argument, column) => {
    const isFree = keys.length > 0 && !keys.includes(column);
    if (isFree || ["wildcard", "return", "aggregate"].includes(argument.kind)) return ANYTHING;
    return typeOf(argument as Expression, environment) ?? ANYTHING;
  });
}

/** Packets that the rule builds, without packets in patterns, which the rule only matches. */
function packetsIn({ head, body }: CoreRule): readonly PacketExpression[] {
  const built = body.flatMap((literal) => (literal.kind === "member" ? [literal.list] : expressionsOfLiteral(literal)));
  return [...expressionsOfAtom(head), ...built].flatMap(packetsOf);
}

function packetsOf(expression: Expression): readonly PacketExpression[] {
  return parts(expression).filter((part) => part.kind === "packet");
}

function violationsOfPacket(
  { name, args }: PacketExpression,
  signatures: Signatures,
  environment: Environment,
  by: string,
): readonly Diagnostic[] {
  const signature = signatures.get(name.text);
  if (signature === undefined) return [];
  return args.flatMap((argument, column) =>
    violation(signature, column, typeOf(argument, environment) ?? ANYTHING, by, argument.span),
  );
}

function violationsOfFact(atom: Atom, signatures: Signatures): readonly Diagnostic[] {
  const packets = expressionsOfAtom(atom).flatMap(packetsOf);
  const inside = packets.flatMap((packet) => violationsOfPacket(packet, signatures, NO_VARIABLES, "this fact"));
  const signature = signatures.get(atom.name.text);
  if (signature === undefined) return inside;
  const own = atom.args.flatMap((argument, column) => {
    const value = constantValue(argument as Expression);
    const type = value === undefined ? typeOf(argument as Expression, NO_VARIABLES) : typeBit(kindOf(value));
    return violation(signature, column, type ?? ANYTHING, "this fact", argument.span);
  });
  return [...own, ...inside];
}

const NO_VARIABLES: Environment = new Map();

function violation(
  { name, types, span: declaration }: TypeSignature,
  column: number,
  type: ColumnType,
  by: string,
  span: Span,
): readonly Diagnostic[] {
  const declared = types[column];
  if (declared === undefined || (type & ANYTHING) === ANYTHING) return [];
  const allowed = kindsOfType(declared);
  const found = type & ANYTHING & ~allowed;
  if (found === 0 || ((type & UNSURE) !== 0 && (type & allowed) !== 0)) return [];
  const kindNames = kinds.filter((kind) => (found & typeBit(kind)) !== 0).join(" or ");
  const related = [{ span: declaration, message: "the signature" }];
  return [report("E0239", span, { name, column: column + 1, declared, found: kindNames, by }, related)];
}

/** Drops repetitions: a rule that was divided appears several times. */
function oncePerPosition(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const byPosition = new Map(found.map((one) => [`${one.span?.file}:${one.span?.start}:${one.message}`, one]));
  return [...byPosition.values()];
}
