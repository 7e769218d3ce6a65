import { formatValue } from "../../values/format.ts";
import type { FunctionSpec } from "../../contract/function-spec.ts";
import { withEncodedPackets } from "../../values/known-packets.ts";
import { bytesOfPacket } from "../../values/packet-bytes.ts";
import { Packet } from "../../values/packet.ts";
import { sha1 } from "./sha1.ts";
import type { Value } from "../../values/value.ts";
import { define } from "./define.ts";

export const hashFunctions: readonly FunctionSpec[] = [
  /** f_sha1(X): the SHA-1 hash as an id: of a string, of bytes, of the encoding of a packet, or of the text of another value. */
  define("f_sha1", 1, ["id"], digest),
];

function digest(value: Value | undefined): Value | undefined {
  const hashed = value === undefined ? undefined : hashedForm(value);
  return hashed === undefined ? undefined : sha1(hashed);
}

/** Text or bytes that stand for a value in hashes: equal values have equal ones. */
function hashedForm(value: Value): string | Uint8Array | undefined {
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  return value instanceof Packet ? bytesOfPacket(value) : formatValue(withEncodedPackets(value));
}
