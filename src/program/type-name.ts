import { type ColumnType, typeBit } from "../../runtime/plan/values/column-type.ts";
import { type Kind, kinds } from "../../runtime/plan/values/value.ts";

/** Types as programs write them. */
const KINDS_BY_NAME: ReadonlyMap<string, readonly Kind[]> = new Map<string, readonly Kind[]>([
  ["any", kinds],
  ["null", ["null"]],
  ["bool", ["bool"]],
  ["number", ["number"]],
  ["string", ["string"]],
  ["id", ["id"]],
  ["addr", ["string", "address"]],
  ["address", ["string", "address"]],
  ["bytes", ["bytes"]],
  ["list", ["list"]],
  ["tuple", ["tuple"]],
]);

export function typeNames(): Iterable<string> {
  return KINDS_BY_NAME.keys();
}

export function isTypeName(name: string): boolean {
  return KINDS_BY_NAME.has(name);
}

/** Returns the kinds of values that belong to a type, which are all kinds for an unknown type. */
export function kindsOfType(name: string): ColumnType {
  return (KINDS_BY_NAME.get(name) ?? kinds).reduce((bits, kind) => bits | typeBit(kind), 0);
}
