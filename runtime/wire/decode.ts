/**
 * Decoding of datagrams. NetworkIn finds the tuples in a datagram by `decodeDatagram`; Admission decodes the fields of the accepted tuples
 * by `decodeFields` (`runtime/plan/values/decode-fields.ts`). The bytes come from anyone: for malformed bytes the result is undefined or a
 * reason, never an exception.
 */
import { HEADER_BYTES, type HeaderRefusal, headerRefusal, isFragment } from "./header.ts";
import { Reader } from "../plan/values/reader.ts";

/** Position of the fields of one tuple in a datagram. */
export interface EncodedTuple {
  readonly hash: number;
  readonly start: number;
  readonly end: number;
}

/** Reason for which a whole datagram is dropped. Short constant texts, under which drops are counted. */
export type DatagramRefusal = HeaderRefusal | "fragment" | "truncated" | "no predicate";

export type DecodedDatagram =
  | { readonly ok: true; readonly tuples: readonly EncodedTuple[] }
  | { readonly ok: false; readonly reason: DatagramRefusal };

/**
 * Finds the tuples of a datagram, without decoding their fields. Refuses a fragment with the reason "fragment"; `Reassembly` assembles
 * fragments.
 */
export function decodeDatagram(bytes: Uint8Array): DecodedDatagram {
  const reason = headerRefusal(bytes);
  if (reason !== undefined) return { ok: false, reason };
  if (isFragment(bytes)) return { ok: false, reason: "fragment" };
  return decodeTuples(new Reader(bytes, HEADER_BYTES, bytes.length));
}

function decodeTuples(reader: Reader): DecodedDatagram {
  const tuples: EncodedTuple[] = [];
  while (!reader.isAtEnd) {
    const hash = reader.u32();
    const length = reader.length();
    if (hash === undefined || length < 0) return { ok: false, reason: "truncated" };
    if (hash === 0) return { ok: false, reason: "no predicate" };
    tuples.push({ hash, start: reader.at, end: reader.at + length });
    reader.skip(length);
  }
  return { ok: true, tuples };
}
