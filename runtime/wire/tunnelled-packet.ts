/**
 * Finds device packets inside encoded tuples, in any number of overlay packets. NetworkOut reads the traffic class of a packet that it
 * sends, and NetworkIn combines the ECN field of a datagram with the ECN fields of the packets in it. Both also do so for packets that this
 * node only forwards, and whose bodies are never decoded.
 */
import { combineEcn, trafficClassAt } from "../ip/traffic-class.ts";
import { Packet, type Tuple } from "../plan/values/packet.ts";
import { visitPackets } from "../plan/values/packet-layers.ts";
import { BYTES } from "../plan/values/tags.ts";
import { isTrain, type Train } from "../plan/values/train.ts";
import type { Value } from "../plan/values/value.ts";
import { decodeDatagram, type EncodedTuple } from "./decode.ts";
import { isDevicePacket } from "./device-packet.ts";

/**
 * Returns the traffic class of the device packet in a tuple, 0 if it holds none, or undefined if it holds a train whose packets have
 * different traffic classes.
 */
export function trafficClassOf({ predicate, args }: Tuple): number | undefined {
  if (predicate.role.kind === "tun") return classIn(args[0]);
  const packet = args.find(isPacket);
  if (packet === undefined) return 0;
  if (packet.tuple !== undefined) return trafficClassOf(packet.tuple);
  return classIn(packet.body, packet.hash);
}

function isPacket(value: Value): value is Packet {
  return value instanceof Packet;
}

/**
 * Returns the traffic class of a device packet, or 0 if there is none, or undefined if the packets of a train have different traffic
 * classes. `bytes` are the device packet itself, or, if `hash` is given, the body of an encoded packet with this hash. In a train the
 * device packet lies at the same offset in each segment, except in the last one, whose length fields may take fewer bytes.
 */
function classIn(bytes: Value | undefined, hash?: number): number | undefined {
  if (!(bytes instanceof Uint8Array)) return 0;
  const at = startOf(bytes, hash);
  if (at < 0) return 0;
  const trafficClass = trafficClassAt(bytes, at);
  if (!isTrain(bytes)) return trafficClass;
  return isUniform(bytes, at, hash, trafficClass) ? trafficClass : undefined;
}

function startOf(segment: Uint8Array, hash: number | undefined): number {
  return hash === undefined ? 0 : devicePacketAt(hash, segment, 0, segment.length);
}

function isUniform(train: Train, at: number, hash: number | undefined, trafficClass: number): boolean {
  const bytes = new Uint8Array(train.buffer, train.byteOffset);
  for (let segment = 1; segment < train.count - 1; segment++) {
    if (trafficClassAt(bytes, segment * train.stride + at) !== trafficClass) return false;
  }
  const last = train.segment(train.count - 1);
  return trafficClassAt(last, startOf(last, hash)) === trafficClass;
}

/**
 * Combines the ECN field of a datagram, `outer`, with the ECN field of each device packet in one of its tuples, in place. Returns false
 * if the tuple must be dropped. A second call changes nothing.
 */
export function combineTupleEcn(bytes: Uint8Array, { hash, start, end }: EncodedTuple, outer: number): boolean {
  let isKept = true;
  const combine = (packet: number, from: number, to: number): void => {
    const at = isDevicePacket(packet) ? packetStart(bytes, from, to) : -1;
    if (at >= 0 && !combineEcn(bytes, at, to, outer)) isKept = false;
  };
  combine(hash, start, end);
  visitPackets(bytes, start, end, combine);
  return isKept;
}

/** Like `combineTupleEcn`, for all tuples in a train of datagrams. Returns false if one of them must be dropped. */
export function combineTrainEcn(train: Train, outer: number): boolean {
  return train.segments().every((segment) => {
    const decoded = decodeDatagram(segment);
    return !decoded.ok || decoded.tuples.every((tuple) => combineTupleEcn(segment, tuple, outer));
  });
}

/** Returns the offset of the first device packet in the body of a packet, or -1. */
function devicePacketAt(hash: number, body: Uint8Array, start: number, end: number): number {
  let found = isDevicePacket(hash) ? packetStart(body, start, end) : -1;
  if (found >= 0) return found;
  visitPackets(body, start, end, (packet, from, to) => {
    if (found < 0 && isDevicePacket(packet)) found = packetStart(body, from, to);
  });
  return found;
}

/** Returns the start of the content of the first field of a body, if it is a byte string; otherwise -1. */
function packetStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== BYTES) return -1;
  let at = start + 1;
  while (at < end && (bytes[at] as number) >= 128) at++;
  return at + 1 < end ? at + 1 : -1;
}
