/**
 * Origins of bytes: the packet of the device that rules made them from. A datagram that is too long for its path is reported to the sender
 * of that packet, also when the packet in it is sealed or has other bytes around it (`runtime/path/too-big.ts`).
 */
import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import { isTrain, ownedBytes } from "./train.ts";
import type { Maybe, Value, Values } from "./value.ts";

/** A packet of the device, or a train of them, and the length of one. */
export interface Origin {
  readonly packet: Uint8Array;
  readonly length: number;
}

/** Its constructor returns the bytes that it gets, so that a subclass adds its private fields to them. */
class Bytes {
  constructor(bytes: Uint8Array) {
    return bytes;
  }
}

/** Adds an origin to bytes, as a field that no other code sees. A WeakMap takes fifty times as long, and this runs for each packet. */
class Marked extends Bytes {
  #origin: Origin;

  private constructor(bytes: Uint8Array, origin: Origin) {
    super(bytes);
    this.#origin = origin;
  }

  static add(bytes: Uint8Array, origin: Origin): void {
    if (#origin in bytes) (bytes as unknown as Marked).#origin = origin;
    else new Marked(bytes, origin);
  }

  static of(bytes: Uint8Array): Origin | undefined {
    return #origin in bytes ? (bytes as unknown as Marked).#origin : undefined;
  }
}

/** Whether this process has a device whose packets reach rules. Without one nothing is looked up. */
let isUsed = false;

/** Notes that the bytes are a packet, or a train of packets, from the device. */
export function noteDevicePacket(packet: Uint8Array): void {
  isUsed = true;
  Marked.add(packet, { packet, length: packet.length });
}

/** Returns the origin of the first of the values that has one, also inside lists and packets. */
export function originIn(values: Values): Origin | undefined {
  if (!isUsed) return undefined;
  for (const value of values) {
    const origin = originOf(value);
    if (origin !== undefined) return origin;
  }
  return undefined;
}

function originOf(value: Value): Origin | undefined {
  if (typeof value !== "object" || value === null || value instanceof Address) return undefined;
  if (value instanceof Uint8Array) return Marked.of(value);
  if (!(value instanceof Packet)) return originIn(value);
  return value.tuple === undefined ? originOf(value.body ?? null) : originIn(value.tuple.args);
}

/**
 * Notes the origin of the result of a function: that of its arguments. Bytes with less than half of a packet, such as its addresses, do not
 * stand for the packet.
 */
export function inheritOrigin(result: Maybe, args: Values): void {
  if (!isUsed || typeof result !== "object" || result === null || result instanceof Address) return;
  // A list function may build long lists, and the packets in them keep their origins.
  const sources = Array.isArray(result) ? args.filter(holdsBytes) : args;
  const origin = sources.length === 0 ? undefined : originIn(sources);
  if (origin === undefined) return;
  for (const bytes of bytesIn(result)) {
    if (Marked.of(bytes) === undefined && 2 * bytes.length >= origin.length) Marked.add(bytes, origin);
  }
}

/** Notes the origin of a segment of a train. */
export function inheritSegment(train: Uint8Array, at: number, segment: Uint8Array): Uint8Array {
  const origin = isUsed ? Marked.of(train) : undefined;
  if (origin === undefined) return segment;
  const packet = origin.packet === train ? segment : segmentOf(origin.packet, at);
  Marked.add(segment, { packet, length: isTrain(origin.packet) ? packet.length : origin.length });
  return segment;
}

/** Notes the origin of a copy that outlives the buffer of the device. One packet of a train stands for all. */
export function copyOrigin(bytes: Uint8Array, copy: Uint8Array): Uint8Array {
  const origin = isUsed ? Marked.of(bytes) : undefined;
  if (origin === undefined) return copy;
  const packet = origin.packet === bytes ? copy : ownedBytes(segmentOf(origin.packet, 0));
  Marked.add(copy, { packet, length: origin.length });
  return copy;
}

/** Number of bytes that the origin of the bytes holds beside them. */
export function originBytes(bytes: Uint8Array): number {
  const packet = isUsed ? Marked.of(bytes)?.packet : undefined;
  return packet === undefined || packet === bytes ? 0 : packet.length;
}

function segmentOf(packet: Uint8Array, at: number): Uint8Array {
  return isTrain(packet) ? packet.segment(Math.min(at, packet.count - 1)) : packet;
}

function holdsBytes(value: Value): boolean {
  return value instanceof Uint8Array || value instanceof Packet;
}

/** The bytes that the value is, or has as items, or those of a packet that is still encoded. */
function bytesIn(value: Value): readonly Uint8Array[] {
  if (value instanceof Uint8Array) return [value];
  if (value instanceof Packet) return value.body === undefined ? [] : [value.body];
  return Array.isArray(value) ? (value as Values).filter((item) => item instanceof Uint8Array) : [];
}
