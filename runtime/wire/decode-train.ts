import { Packet } from "../plan/packet.ts";
import { Train } from "../plan/train.ts";
import { equalRows, type Value } from "../plan/value.ts";
import { decodeDatagram, decodeFields, type EncodedTuple } from "./decode.ts";
import { endingOf } from "./heading.ts";

/** What a row says: the fields of its one tuple. */
type FieldsOf = (row: Uint8Array) => Value[] | undefined;

/**
 * The one tuple of each of a train of datagrams, as long as these say the same but for what stands at their end. Undefined
 * when they do not; then each is a datagram like any other. Nothing is changed by asking.
 */
export function tupleOfTrain(train: Train): EncodedTuple | undefined {
  const decoded = decodeDatagram(train);
  if (!decoded.ok || decoded.tuples.length !== 1) return undefined;
  return decoded.tuples[0];
}

/** The fields of datagrams of which each has one tuple with this hash; what they end with is a train. */
export function fieldsOfDatagrams(train: Train, hash: number, arity: number): Value[] | undefined {
  return joinFields(train, (row) => {
    const decoded = decodeDatagram(row);
    const [tuple, ...others] = decoded.ok ? decoded.tuples : [];
    if (tuple === undefined || others.length > 0 || tuple.hash !== hash) return undefined;
    return decodeFields(row, tuple.start, tuple.end, arity);
  });
}

/** The fields of the bodies of packets; what they end with is a train. */
export function fieldsOfBodies(train: Train, arity: number): Value[] | undefined {
  return joinFields(train, (row) => decodeFields(row, 0, row.length, arity));
}

function joinFields(train: Train, fieldsOf: FieldsOf): Value[] | undefined {
  const first = fieldsOf(train.row(0));
  const end = first && endingOf(first, train.row(0));
  if (first === undefined || end === undefined || !startAlike(train, train.length - end.length)) return undefined;
  const last = fieldsOf(train.row(train.count - 1));
  const lastEnd = last && endingOf(last, train.row(train.count - 1));
  if (last === undefined || lastEnd === undefined || lastEnd.length > end.length) return undefined;
  if (!sayTheSame(first, last)) return undefined;
  const rows = new Train(train.buffer, end.byteOffset, end.length, {
    count: train.count,
    stride: train.stride,
    lastAt: lastEnd.byteOffset - end.byteOffset,
    lastLength: lastEnd.length,
    alike: Math.max(0, train.alike - (train.length - end.length)),
  });
  first[first.length - 1] = withEnding(first.at(-1) as Value, rows);
  return first;
}

/** Whether all rows of full length begin with the same bytes. */
function startAlike(train: Train, length: number): boolean {
  if (length <= train.alike) return true;
  const bytes = new Uint8Array(train.buffer, train.byteOffset);
  for (let row = 1; row < train.count - 1; row++) {
    const at = row * train.stride;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== bytes[i]) return false;
  }
  return true;
}

function sayTheSame(first: readonly Value[], last: readonly Value[]): boolean {
  const [one, other] = [first.at(-1), last.at(-1)];
  if (one instanceof Packet !== other instanceof Packet) return false;
  if (one instanceof Packet && other instanceof Packet && (one.hash !== other.hash || one.hops !== other.hops)) {
    return false;
  }
  return first.length === last.length && equalRows(first.slice(0, -1), last.slice(0, -1));
}

function withEnding(value: Value, rows: Train): Value {
  return value instanceof Packet ? value.with(undefined, rows) : rows;
}
