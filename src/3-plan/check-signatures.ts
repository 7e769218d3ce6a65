import type { Expression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import { type ColumnType, typeBit } from "../../runtime/plan/values/column-type.ts";
import { kindOf, kinds } from "../../runtime/plan/values/value.ts";
import type { CoreProgram } from "../2-rewrite/core.ts";
import type { TypeSignature } from "../program/program.ts";
import { type ColumnTypes, declaredType } from "./column-types.ts";
import { constantValue } from "./constant-value.ts";
import { ANYTHING, UNSURE } from "./expression-type.ts";

/** Reports each rule and fact that gives a column a value of a type that the signature of the predicate does not allow. */
export function checkSignatures(core: CoreProgram, types: ColumnTypes): readonly Diagnostic[] {
  const signatures = new Map(core.signatures.map((signature) => [signature.name, signature]));
  const rules = core.rules.flatMap((rule) => {
    const signature = signatures.get(rule.head.name.text);
    if (signature === undefined || rule.isDelete) return [];
    return types.inferredForHead(rule).flatMap((type, column) => {
      const span = rule.head.args[column]?.span ?? rule.span;
      return violation(signature, column, type, `rule \`${rule.name}\``, span);
    });
  });
  const facts = core.facts.flatMap(({ atom }) => {
    const signature = signatures.get(atom.name.text);
    if (signature === undefined) return [];
    return atom.args.flatMap((argument, column) => {
      const value = constantValue(argument as Expression);
      if (value === undefined) return [];
      return violation(signature, column, typeBit(kindOf(value)), "this fact", argument.span);
    });
  });
  return oncePerPosition([...rules, ...facts]);
}

function violation(
  { name, types, span: declaration }: TypeSignature,
  column: number,
  type: ColumnType,
  by: string,
  span: Span,
): readonly Diagnostic[] {
  const declared = types[column];
  if (declared === undefined || (type & ANYTHING) === ANYTHING) return [];
  const allowed = declaredType(declared);
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
