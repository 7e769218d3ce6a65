/**
 * Decoding of trains: a train of datagrams becomes one tuple with a train as its last field. Admission calls this for each train of
 * datagrams that arrives, and for each packet that it opens and whose body is a train. If the call fails, Admission decodes each segment
 * separately.
 *
 * Only tuples that end with a device packet are joined, because rules must run once for each tuple of any other kind.
 */
import { LAYERS_MAX, Packet } from "../plan/values/packet.ts";
import { Train } from "../plan/values/train.ts";
import { equalValues, type Value } from "../plan/values/value.ts";
import { decodeAllFields, decodeFields } from "../plan/values/decode-fields.ts";
import { decodeDatagram, type EncodedTuple } from "./decode.ts";
import { devicePacketLength } from "./device-packet.ts";
import { payloadOf } from "./cached-decoding.ts";

/** Decodes the fields of the one tuple in a segment. */
type FieldsOf = (segment: Uint8Array) => Value[] | undefined;

/** Returns the position of the tuple in the first datagram of a train, if the datagram holds only one tuple. */
export function tupleOfTrain(train: Train): EncodedTuple | undefined {
  const decoded = decodeDatagram(train);
  if (!decoded.ok || decoded.tuples.length !== 1) return undefined;
  return decoded.tuples[0];
}

/**
 * Returns the fields of a train of datagrams, each of which holds one tuple, with the given wire hash. The device packets at the ends of
 * the datagrams become a train.
 */
export function fieldsOfDatagrams(train: Train, hash: number, arity: number): Value[] | undefined {
  return decodeTrain(train, hash, (segment) => {
    const decoded = decodeDatagram(segment);
    const [tuple, ...others] = decoded.ok ? decoded.tuples : [];
    if (tuple === undefined || others.length > 0 || tuple.hash !== hash) return undefined;
    return decodeFields(segment, tuple.start, tuple.end, arity);
  });
}

/**
 * Returns the fields of a train of packet bodies. `hash` is the wire hash of these packets. The device packets at the ends of the bodies
 * become a train.
 */
export function fieldsOfBodies(train: Train, hash: number, arity: number): Value[] | undefined {
  return decodeTrain(train, hash, (segment) => decodeFields(segment, 0, segment.length, arity));
}

/**
 * Decodes the first and the last segment. The segments between them have the length of the first; their bytes before the device packet
 * are compared with the first. Returns undefined if the segments differ in more than the device packet at their end.
 */
function decodeTrain(train: Train, hash: number, fieldsOf: FieldsOf): Value[] | undefined {
  const first = decodeSegment(train.segment(0), hash, fieldsOf);
  if (first === undefined || !haveCommonPrefix(train, train.length - first.devicePacket)) return undefined;
  const last = decodeSegment(train.segment(train.count - 1), hash, fieldsOf);
  const { fields, payload } = first;
  if (last === undefined || last.payload.length > payload.length) return undefined;
  if (!differOnlyInPacket(fields, last.fields)) return undefined;
  const payloads = new Train(train.buffer, payload.byteOffset, payload.length, {
    count: train.count,
    stride: train.stride,
    lastAt: last.payload.byteOffset - payload.byteOffset,
    lastLength: last.payload.length,
    commonPrefix: Math.max(0, train.commonPrefix - (train.length - payload.length)),
  });
  fields[fields.length - 1] = withTrain(fields.at(-1) as Value, payloads);
  return fields;
}

interface DecodedSegment {
  readonly fields: Value[];
  /** Content of the last field. */
  readonly payload: Uint8Array;
  /** Length of the device packet at the end of `payload`. */
  readonly devicePacket: number;
}

function decodeSegment(segment: Uint8Array, hash: number, fieldsOf: FieldsOf): DecodedSegment | undefined {
  const fields = fieldsOf(segment);
  if (fields === undefined) return undefined;
  const payload = payloadOf(fields, segment);
  const devicePacket = devicePacketLength(hash, fields);
  return payload === undefined || devicePacket === undefined ? undefined : { fields, payload, devicePacket };
}

/** Returns whether all segments but the last share a prefix of this length. */
function haveCommonPrefix(train: Train, length: number): boolean {
  if (length <= train.commonPrefix) return true;
  const bytes = new Uint8Array(train.buffer, train.byteOffset);
  for (let segment = 1; segment < train.count - 1; segment++) {
    const at = segment * train.stride;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== bytes[i]) return false;
  }
  return true;
}

/**
 * Returns whether two lists of fields differ at most in the device packet at their ends. If their last fields are packets, compares the
 * hash, the hops and then the fields inside them, through at most `LAYERS_MAX` layers.
 */
function differOnlyInPacket(first: readonly Value[], last: readonly Value[]): boolean {
  let [left, right] = [first, last];
  for (let layer = 0; layer <= LAYERS_MAX; layer++) {
    if (left.length !== right.length || !equalValues(left.slice(0, -1), right.slice(0, -1))) return false;
    const [one, other] = [left.at(-1), right.at(-1)];
    if (!(one instanceof Packet && other instanceof Packet)) return !(one instanceof Packet || other instanceof Packet);
    if (one.hash !== other.hash || one.hops !== other.hops) return false;
    [left, right] = [fieldsIn(one), fieldsIn(other)];
  }
  return false;
}

function fieldsIn({ body }: Packet): readonly Value[] {
  return (body && decodeAllFields(body)) ?? [];
}

function withTrain(value: Value, segments: Train): Value {
  return value instanceof Packet ? value.with(undefined, segments) : segments;
}
