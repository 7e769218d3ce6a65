import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Program, TypeSignature } from "../program/program.ts";
import { isTypeName, kindsNamed } from "../program/type-name.ts";

/** Reports unknown types in declarations, and declarations of one predicate that contradict each other. */
export function checkDeclaredTypes({ accepts, signatures }: Program): readonly Diagnostic[] {
  const unknown = [...signatures, ...accepts].flatMap(({ types, span }) =>
    [...new Set(types)].filter((name) => !isTypeName(name)).map((name) => report("E0240", span, { name })),
  );
  const first = new Map(signatures.toReversed().map((one) => [one.name, one]));
  const twice = signatures.flatMap((one) => contradiction(first.get(one.name), one, "signature", haveSameTypes));
  const refused = accepts.flatMap((one) => contradiction(first.get(one.name), one, "accept", haveCommonTypes));
  return [...unknown, ...twice, ...refused];
}

type Declaration = Pick<TypeSignature, "name" | "types" | "span">;

/** Returns the error about a declaration whose types differ from the signature. A different number of columns is reported elsewhere. */
function contradiction(
  signature: Declaration | undefined,
  declaration: Declaration,
  other: "signature" | "accept",
  agrees: (one: Declaration, another: Declaration) => boolean,
): readonly Diagnostic[] {
  if (signature === undefined || signature === declaration) return [];
  const isComparable = [signature, declaration].every(({ types }) => types.every(isTypeName));
  if (!isComparable || signature.types.length !== declaration.types.length) return [];
  if (agrees(signature, declaration)) return [];
  const related = [{ span: signature.span, message: "the signature" }];
  return [report("E0251", declaration.span, { name: declaration.name, other }, related)];
}

function haveSameTypes(one: Declaration, other: Declaration): boolean {
  return one.types.every((type, column) => kindsNamed(type).join() === kindsNamed(other.types[column] ?? "").join());
}

function haveCommonTypes(one: Declaration, other: Declaration): boolean {
  return one.types.every((type, column) => {
    const kinds = new Set(kindsNamed(type));
    return kindsNamed(other.types[column] ?? "").some((kind) => kinds.has(kind));
  });
}
