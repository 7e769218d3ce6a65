/** Forms of tuples that travel or are stored alone, not in datagrams of tuples. Programs cannot use their names. */
import { encodeTuple } from "../plan/values/encode.ts";
import { Reader } from "../plan/values/reader.ts";
import type { Value, Values } from "../plan/values/value.ts";
import { wireHash } from "../plan/values/wire-hash.ts";
import { Writer } from "../plan/values/writer.ts";

export interface TupleForm {
  readonly hash: number;
  readonly arity: number;
  /** Length of the longest encoding, in bytes. */
  readonly bytesMax: number;
}

/** Returns the form of the tuples of a name with `arity` fields. The name begins with `?`. */
export function tupleForm(name: string, arity: number, bytesMax: number): TupleForm {
  return { hash: wireHash(name, arity, "event"), arity, bytesMax };
}

/** Encodes a tuple: hash, length, fields. The caller guarantees the number of fields. Undefined if it is longer than the form allows. */
export function encodeForm({ hash, bytesMax }: TupleForm, fields: Values): Uint8Array | undefined {
  const writer = new Writer();
  const refused = encodeTuple(writer, hash, fields);
  return refused !== undefined || writer.length > bytesMax ? undefined : writer.copy(0, writer.length);
}

/** Decodes bytes that are exactly one tuple of the form, as `encodeForm` encodes it. Returns undefined for all others. */
export function decodeForm({ hash, arity, bytesMax }: TupleForm, bytes: Uint8Array): Values | undefined {
  if (bytes.length > bytesMax) return undefined;
  const reader = new Reader(bytes, 0, bytes.length);
  if (reader.u32() !== hash) return undefined;
  const length = reader.length();
  if (length < 0 || reader.at + length !== bytes.length) return undefined;
  const fields: Value[] = [];
  for (let count = 0; count < arity; count++) {
    const field = reader.field(0);
    if (field === undefined) return undefined;
    fields.push(field);
  }
  return reader.isAtEnd ? fields : undefined;
}
