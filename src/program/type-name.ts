import { type ColumnType, typeBit } from "../../runtime/plan/values/column-type.ts";
import { type Kind, kinds } from "../../runtime/plan/values/value.ts";

/** Types as programs write them. */
const typeNames: ReadonlyMap<string, readonly Kind[]> = new Map<string, readonly Kind[]>([
  ["any", kinds],
  ["null", ["null"]],
  ["bool", ["bool"]],
  ["number", ["number"]],
  ["int", ["number"]],
  ["float", ["number"]],
  ["string", ["string"]],
  ["id", ["id"]],
  ["addr", ["string", "address"]],
  ["address", ["string", "address"]],
  ["bytes", ["bytes"]],
  ["list", ["list"]],
  ["tuple", ["tuple"]],
]);

export function isTypeName(name: string): boolean {
  return typeNames.has(name);
}

/** Returns the kinds of values that belong to a type. */
export function kindsNamed(name: string): readonly Kind[] {
  return typeNames.get(name) ?? kinds;
}

/** Describes a column type in a sentence: `string or id`. */
export function columnTypeName(type: ColumnType): string {
  const admitted = kinds.filter((kind) => type === 0 || (type & typeBit(kind)) !== 0);
  return admitted.length === kinds.length ? "anything" : admitted.join(" or ");
}
