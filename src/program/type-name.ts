import { type Kind, kinds } from "../../runtime/plan/values/value.ts";

/** Types as programs write them. */
const typeNames: ReadonlyMap<string, readonly Kind[]> = new Map<string, readonly Kind[]>([
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

export function isTypeName(name: string): boolean {
  return typeNames.has(name);
}

/** Returns the kinds of values that belong to a type. */
export function kindsNamed(name: string): readonly Kind[] {
  return typeNames.get(name) ?? kinds;
}
