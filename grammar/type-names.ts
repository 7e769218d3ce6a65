/** The types that signatures and `accept` name. */
const TYPE_NAMES: ReadonlySet<string> = new Set([
  "addr",
  "address",
  "any",
  "bool",
  "bytes",
  "float",
  "id",
  "int",
  "list",
  "number",
  "string",
  "tuple",
]);

/** Whether a lower-case name that stands alone as an argument is a type: `ron.RT(addr, addr).` is no fact. */
export function isTypeName(name: string): boolean {
  return TYPE_NAMES.has(name);
}
