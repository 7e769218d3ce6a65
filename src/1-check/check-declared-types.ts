import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import type { ColumnType } from "../../runtime/plan/values/column-type.ts";
import { kindsOf } from "../../runtime/plan/values/value-type.ts";
import type { Accept, Program, TypeSignature } from "../program/program.ts";
import { isTypeName, kindsOfType } from "../program/type-name.ts";

/** Reports unknown types in signatures, and declarations of one predicate that contradict each other. */
export function checkDeclaredTypes({ accepts, signatures }: Program): readonly Diagnostic[] {
  const unknown = signatures.flatMap(({ types, span }) =>
    [...new Set(types)].filter((name) => !isTypeName(name)).map((name) => report("E0240", span, { name })),
  );
  const declared = signatures.map(declarationOf);
  const first = new Map(declared.toReversed().map((one) => [one.name, one]));
  const twice = declared.flatMap((one) => contradiction(first.get(one.name), one, "signature", haveSameTypes));
  const refused = accepts.map(acceptedTypes).flatMap((one) => {
    return contradiction(first.get(one.name), one, "accept", haveCommonTypes);
  });
  return [...unknown, ...twice, ...refused];
}

interface Declaration {
  readonly name: string;
  /** Types of the columns; undefined for an unknown type. */
  readonly types: readonly (ColumnType | undefined)[];
  readonly span: Span;
}

function declarationOf({ name, types, span }: TypeSignature): Declaration {
  return { name, types: types.map((type) => (isTypeName(type) ? kindsOfType(type) : undefined)), span };
}

function acceptedTypes({ name, types, span }: Accept): Declaration {
  return { name, types: types.map(kindsOf), span };
}

/** Returns the error about a declaration whose types differ from the signature. A different number of columns is reported elsewhere. */
function contradiction(
  signature: Declaration | undefined,
  declaration: Declaration,
  other: "signature" | "accept",
  agrees: (one: Declaration, another: Declaration) => boolean,
): readonly Diagnostic[] {
  if (signature === undefined || signature === declaration) return [];
  const isComparable = [signature, declaration].every(({ types }) => !types.includes(undefined));
  if (!isComparable || signature.types.length !== declaration.types.length) return [];
  if (agrees(signature, declaration)) return [];
  const related = [{ span: signature.span, message: "the signature" }];
  return [report("E0251", declaration.span, { name: declaration.name, other }, related)];
}

function haveSameTypes(one: Declaration, other: Declaration): boolean {
  return one.types.every((type, column) => type === other.types[column]);
}

function haveCommonTypes(one: Declaration, other: Declaration): boolean {
  return one.types.every((type, column) => ((type ?? 0) & (other.types[column] ?? 0)) !== 0);
}
