import { formatValue } from "../../values/format.ts";
import type { FunctionSpec } from "../../contract/function-spec.ts";
import { Packet } from "../../values/packet.ts";
import { sha1 } from "./sha1.ts";
import type { Value } from "../../values/value.ts";
import { define } from "./define.ts";

export const hashFunctions: readonly FunctionSpec[] = [
  /** f_sha1(X): the SHA-1 hash as an id: of a string or bytes, or of another value as a program writes it. Fails for a tuple. */
  define("f_sha1", 1, ["id"], digest),
];

function digest(value: Value | undefined): Value | undefined {
  if (value === undefined || value instanceof Packet) return undefined;
  return sha1(typeof value === "string" || value instanceof Uint8Array ? value : formatValue(value));
}
