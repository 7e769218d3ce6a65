import { formatValue } from "../../values/format.ts";
import type { FunctionSpec } from "../../contract/function-spec.ts";
import { Packet } from "../../values/packet.ts";
import { sha1 } from "./sha1.ts";
import type { Value } from "../../values/value.ts";
import { define } from "./define.ts";

export const hashFunctions: readonly FunctionSpec[] = [
  /** f_sha1(X): the 160-bit id of a string or bytes, of any other value's text form. Fails for a tuple, which has none. */
  define("f_sha1", 1, ["id"], digest),
];

function digest(value: Value | undefined): Value | undefined {
  if (value === undefined || value instanceof Packet) return undefined;
  return sha1(typeof value === "string" || value instanceof Uint8Array ? value : formatValue(value));
}
