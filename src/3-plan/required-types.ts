/**
 * required-types: finds the arguments whose type a signature restricts and the type inference cannot prove. Emitted code checks only the
 * types of these arguments. Called by `plan.ts` after the inference.
 */
import type { Expression, PacketExpression } from "../../grammar/ast.ts";
import { ANYTHING, type ColumnType } from "../../runtime/plan/values/column-type.ts";
import type { CoreProgram, CoreRule } from "../2-rewrite/core.ts";
import { rewriteAtom, rewriteLiteral } from "../program/rewrite-expression.ts";
import type { ColumnTypes } from "./column-types.ts";
import { type Environment, typeOf } from "./expression-type.ts";

/** Adds types to the arguments of heads and packets of which emitted code must check the type. */
export function withRequiredTypes(core: CoreProgram, types: ColumnTypes): CoreProgram {
  if (core.signatures.length === 0) return core;
  return { ...core, rules: core.rules.map((rule) => ruleWithRequired(rule, types)) };
}

function ruleWithRequired(rule: CoreRule, types: ColumnTypes): CoreRule {
  const environment = types.ofVariables(rule);
  const change = (part: Expression): Expression =>
    part.kind === "packet" ? packetWithRequired(part, environment, types) : part;
  const required = requiredOf(rule.head.name.text, types.inferredForHead(rule), types);
  return {
    ...rule,
    head: rewriteAtom(rule.head, change),
    body: rule.body.map((literal) => rewriteLiteral(literal, change)),
    required,
  };
}

function packetWithRequired(packet: PacketExpression, environment: Environment, types: ColumnTypes): PacketExpression {
  const inferred = packet.args.map((argument) => typeOf(argument, environment) ?? ANYTHING);
  const required = requiredOf(packet.name.text, inferred, types);
  return required === undefined ? packet : { ...packet, required };
}

/** Returns the declared type of each column that may get a value of another type, 0 for all other columns. Undefined if all are 0. */
function requiredOf(
  name: string,
  inferred: readonly ColumnType[],
  types: ColumnTypes,
): readonly ColumnType[] | undefined {
  const required = inferred.map((type, column) => {
    const declared = types.declared(name, column);
    return declared !== undefined && (type & ANYTHING & ~declared) !== 0 ? declared : 0;
  });
  return required.some((type) => type !== 0) ? required : undefined;
}
