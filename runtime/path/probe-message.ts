import { wireHash } from "../plan/values/wire-hash.ts";
import { decodeFields } from "../wire/decode.ts";
import { encodeTuple } from "../wire/encode.ts";
import { HEADER_BYTES, writeHeader } from "../wire/header.ts";
import { Writer } from "../wire/writer.ts";

/** `?probe(Nonce, Padding)` asks whether a datagram of its size arrives, `?probed(Nonce)` says that it has. */
export const PROBE: number = wireHash("?probe", 2, "event");
export const PROBED: number = wireHash("?probed", 1, "event");

/** Nonces have all this length in a datagram. */
export const NONCE_MIN: number = 2 ** 47;
export const NONCE_END: number = 2 ** 48;

/** What stands in a probe beside its padding: header, hash, length, nonce, and tag and length of the padding. */
const AROUND_PADDING = 4 + 4 + 2 + 8 + 3;
/** As many bytes as take lengths of two bytes, whatever is around them. */
const PADDING_MIN = 128;

/** The shortest and the longest probe there is. */
export const PROBE_MIN: number = AROUND_PADDING + PADDING_MIN;
export const PROBE_MAX = 16_000;

/** A datagram of exactly so many bytes. */
export function probeOf(nonce: number, size: number): Uint8Array {
  return datagramOf(PROBE, nonce, new Uint8Array(size - AROUND_PADDING));
}

export function answerOf(nonce: number): Uint8Array {
  return datagramOf(PROBED, nonce);
}

/** The nonce of a probe or an answer; undefined when it is none. */
export function nonceIn(hash: number, bytes: Uint8Array, start: number, end: number): number | undefined {
  const fields = decodeFields(bytes, start, end, hash === PROBE ? 2 : 1);
  const [nonce, padding] = fields ?? [];
  if (typeof nonce !== "number" || nonce < NONCE_MIN || nonce >= NONCE_END) return undefined;
  return hash === PROBED || padding instanceof Uint8Array ? nonce : undefined;
}

function datagramOf(hash: number, ...fields: readonly (number | Uint8Array)[]): Uint8Array {
  const writer = new Writer();
  for (let at = 0; at < HEADER_BYTES; at++) writer.byte(0);
  encodeTuple(writer, hash, fields);
  const bytes = writer.copy(0, writer.length);
  writeHeader(bytes, 0);
  return bytes;
}
