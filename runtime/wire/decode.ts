/**
 * Decoding of datagrams. NetworkIn finds the tuples in a datagram by `decodeDatagram`; Admission decodes the fields of those that the
 * program accepts by `decodeFields`. The bytes come from anyone: malformed ones give undefined or a reason, never an exception.
 */
import type { Value } from "../plan/values/value.ts";
import { HEADER_BYTES, type HeaderRefusal, headerRefusal, isFragment } from "./header.ts";
import { Reader } from "./reader.ts";

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

/** Finds the tuples of a datagram, without decoding their fields. Fragments must be assembled by `Reassembly` before. */
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

/** Decodes exactly `arity` values between `start` and `end`. Returns undefined if the bytes are anything else. */
export function decodeFields(bytes: Uint8Array, start: number, end: number, arity: number): Value[] | undefined {
  const reader = new Reader(bytes, start, end);
  const values: Value[] = [];
  for (let count = 0; count < arity; count++) {
    const value = reader.field(0);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return reader.isAtEnd ? values : undefined;
}

/** Decodes bytes that consist of any number of values. Returns undefined if they consist of anything else. */
export function decodeAllFields(bytes: Uint8Array): Value[] | undefined {
  const reader = new Reader(bytes, 0, bytes.length);
  const values: Value[] = [];
  while (!reader.isAtEnd) {
    const value = reader.field(0);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}
