import { wireHash } from "../plan/values/wire-hash.ts";
import { decodeFields } from "../plan/values/decode-fields.ts";
import { encodeTuple } from "../plan/values/encode.ts";
import { HEADER_BYTES, writeHeader } from "../wire/header.ts";
import { Writer } from "../plan/values/writer.ts";

/**
 * Messages of path probes. `?probe(Nonce, Padding)` is a datagram of the size to test; `?probed(Nonce)` answers it. Both travel alone
 * in a datagram: the datagram's size is the measurement.
 */
export const PROBE: number = wireHash("?probe", 2, "event");
export const PROBED: number = wireHash("?probed", 1, "event");

/** Range of nonces. All nonces have the same length in a datagram. */
export const NONCE_MIN: number = 2 ** 47;
export const NONCE_END: number = 2 ** 48;

/** Bytes of a probe besides its padding: header, hash, length, nonce, and tag and length of the padding. */
const PROBE_OVERHEAD = 4 + 4 + 2 + 8 + 3;
/** Smallest padding: from this length on, each length field of the probe takes two bytes. */
const PADDING_MIN = 128;

/** Lengths of the shortest and the longest probe. */
export const PROBE_MIN: number = PROBE_OVERHEAD + PADDING_MIN;
export const PROBE_MAX = 16_000;

/** Returns a probe of exactly `size` bytes. */
export function probeOf(nonce: number, size: number): Uint8Array {
  return datagramOf(PROBE, nonce, new Uint8Array(size - PROBE_OVERHEAD));
}

export function answerOf(nonce: number): Uint8Array {
  return datagramOf(PROBED, nonce);
}

/** Returns the nonce of a probe or an answer, or undefined if the tuple is malformed. */
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
