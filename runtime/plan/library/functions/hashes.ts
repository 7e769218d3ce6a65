import { createHmac, hash } from "node:crypto";
import { formatValue } from "../../values/format.ts";
import type { FunctionSpec } from "../../contract/function-spec.ts";
import { withEncodedPackets } from "../../values/known-packets.ts";
import { bytesOfPacket } from "../../values/packet-bytes.ts";
import { Packet } from "../../values/packet.ts";
import { sha1 } from "./sha1.ts";
import type { Maybe, Value } from "../../values/value.ts";
import { define } from "./define.ts";

export const hashFunctions: readonly FunctionSpec[] = [
  /** f_sha1(X): the SHA-1 hash as an id: of a string, of bytes, of the encoding of a packet, or of the text of another value. */
  define("f_sha1", 1, ["id"], digest),
  /** f_sha256(X): the 32 bytes of the SHA-256 hash, of the same values as f_sha1. */
  define("f_sha256", 1, ["bytes"], sha256),
  /** f_hmac(Key, X): the 32 bytes of HMAC-SHA-256 (RFC 2104), of the same values as f_sha1. Key is bytes or a secret. */
  define("f_hmac", 2, ["bytes"], authenticationCode),
];

function digest(value: Value | undefined): Value | undefined {
  const hashed = value === undefined ? undefined : hashedForm(value);
  return hashed === undefined ? undefined : sha1(hashed);
}

function sha256(value: Maybe): Maybe {
  const hashed = value === undefined ? undefined : hashedForm(value);
  return hashed === undefined ? undefined : Uint8Array.from(hash("sha256", hashed, "buffer"));
}

function authenticationCode(key: Maybe, value: Maybe): Maybe {
  const hashed = value === undefined ? undefined : hashedForm(value);
  if (hashed === undefined || !(key instanceof Uint8Array)) return undefined;
  return Uint8Array.from(createHmac("sha256", key).update(hashed).digest());
}

/** Returns the text or bytes that are hashed for a value: the same for equal values. */
function hashedForm(value: Value): string | Uint8Array | undefined {
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  return value instanceof Packet ? bytesOfPacket(value) : formatValue(withEncodedPackets(value));
}
