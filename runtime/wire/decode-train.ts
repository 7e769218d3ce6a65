import { Packet } from "../plan/values/packet.ts";
import { Train } from "../plan/values/train.ts";
import { equalValues, type Value } from "../plan/values/value.ts";
import { decodeAllFields, decodeDatagram, decodeFields, type EncodedTuple } from "./decode.ts";
import { devicePacketLength } from "./device-packet.ts";
import { endingOf } from "./cached-decoding.ts";

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

/** The fields of datagrams of which each has one tuple with this hash; the packets that they end with are a train. */
export function fieldsOfDatagrams(train: Train, hash: number, arity: number): Value[] | undefined {
  return decodeTrain(train, hash, (row) => {
    const decoded = decodeDatagram(row);
    const [tuple, ...others] = decoded.ok ? decoded.tuples : [];
    if (tuple === undefined || others.length > 0 || tuple.hash !== hash) return undefined;
    return decodeFields(row, tuple.start, tuple.end, arity);
  });
}

/** The fields of the bodies of packets with this hash; the packets that they end with are a train. */
export function fieldsOfBodies(train: Train, hash: number, arity: number): Value[] | undefined {
  return decodeTrain(train, hash, (row) => decodeFields(row, 0, row.length, arity));
}

/** Only packets of devices go together: whatever else nodes say, rules hear each time that it is said. */
function decodeTrain(train: Train, hash: number, fieldsOf: FieldsOf): Value[] | undefined {
  const first = decodeSegment(train.segment(0), hash, fieldsOf);
  if (first === undefined || !haveCommonPrefix(train, train.length - first.devicePacket)) return undefined;
  const last = decodeSegment(train.segment(train.count - 1), hash, fieldsOf);
  const { fields, end } = first;
  if (last === undefined || last.end.length > end.length || !differOnlyInPacket(fields, last.fields)) return undefined;
  const rows = new Train(train.buffer, end.byteOffset, end.length, {
    count: train.count,
    stride: train.stride,
    lastAt: last.end.byteOffset - end.byteOffset,
    lastLength: last.end.length,
    commonPrefix: Math.max(0, train.commonPrefix - (train.length - end.length)),
  });
  fields[fields.length - 1] = withTrain(fields.at(-1) as Value, rows);
  return fields;
}

interface DecodedSegment {
  readonly fields: Value[];
  /** The bytes of the last field. */
  readonly end: Uint8Array;
  /** Of these the last so many are the packet of a device. */
  readonly devicePacket: number;
}

function decodeSegment(row: Uint8Array, hash: number, fieldsOf: FieldsOf): DecodedSegment | undefined {
  const fields = fieldsOf(row);
  if (fields === undefined) return undefined;
  const end = endingOf(fields, row);
  const devicePacket = devicePacketLength(hash, fields);
  return end === undefined || devicePacket === undefined ? undefined : { fields, end, devicePacket };
}

/** Whether all rows of full length begin with the same bytes. */
function haveCommonPrefix(train: Train, length: number): boolean {
  if (length <= train.commonPrefix) return true;
  const bytes = new Uint8Array(train.buffer, train.byteOffset);
  for (let row = 1; row < train.count - 1; row++) {
    const at = row * train.stride;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== bytes[i]) return false;
  }
  return true;
}

/** But for the packet of a device that both end with, in whatever it is wrapped: thousands of layers fit a datagram. */
function differOnlyInPacket(first: readonly Value[], last: readonly Value[]): boolean {
  let [ours, theirs] = [first, last];
  for (;;) {
    if (ours.length !== theirs.length || !equalValues(ours.slice(0, -1), theirs.slice(0, -1))) return false;
    const [one, other] = [ours.at(-1), theirs.at(-1)];
    if (!(one instanceof Packet && other instanceof Packet)) return !(one instanceof Packet || other instanceof Packet);
    if (one.hash !== other.hash || one.hops !== other.hops) return false;
    [ours, theirs] = [fieldsIn(one), fieldsIn(other)];
  }
}

function fieldsIn({ body }: Packet): readonly Value[] {
  return (body && decodeAllFields(body)) ?? [];
}

function withTrain(value: Value, rows: Train): Value {
  return value instanceof Packet ? value.with(undefined, rows) : rows;
}
