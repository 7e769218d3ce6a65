/**
 * Origin of bytes: the device packet from which rules made the bytes. If a datagram is too long for its path, the node reports this to
 * the sender of the packet, even if rules have encrypted the packet or put other bytes around it (`runtime/path/too-big.ts`).
 */
import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import { isTrain, ownedBytes } from "./train.ts";
import type { Maybe, Value, Values } from "./value.ts";

/** Packet from a device, or a train of such packets. */
export interface Origin {
  readonly packet: Uint8Array;
  /** Length of one packet. */
  readonly length: number;
  /** Name of the device. */
  readonly device: string;
}

/** Base class whose constructor returns the bytes that it gets, so that a subclass adds its private fields to these bytes. */
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

/** Whether this process has a device whose packets reach rules. Without such a device no origin is looked up. */
let isUsed = false;

/** Notes that the bytes are a packet, or a train of packets, from the device of that name. */
export function noteDevicePacket(packet: Uint8Array, device: string): void {
  isUsed = true;
  Marked.add(packet, { packet, length: packet.length, device });
}

/** Returns the first origin that is found in the values, including values inside lists and packets. */
export function originIn(values: Values): Origin | undefined {
  if (!isUsed) return undefined;
  for (let at = 0; at < values.length; at++) {
    const origin = originOf(values[at] as Value);
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
 * Gives the result of a function the origin of its arguments. A result shorter than half of the packet, such as an address from its
 * header, gets no origin.
 */
export function inheritOrigin(result: Maybe, args: Values): void {
  if (!isUsed || typeof result !== "object" || result === null || result instanceof Address) return;
  // Lists among the arguments of a list function are not searched: they may be long, and their items keep their own origins.
  const sources = Array.isArray(result) ? args.filter(holdsBytes) : args;
  const origin = sources.length === 0 ? undefined : originIn(sources);
  if (origin === undefined) return;
  for (const bytes of bytesIn(result)) {
    if (Marked.of(bytes) === undefined && 2 * bytes.length >= origin.length) Marked.add(bytes, origin);
  }
}

/** Gives a segment of a train the origin of the train. Returns the segment. */
export function inheritSegment(train: Uint8Array, at: number, segment: Uint8Array): Uint8Array {
  const origin = isUsed ? Marked.of(train) : undefined;
  if (origin === undefined) return segment;
  const packet = origin.packet === train ? segment : segmentOf(origin.packet, at);
  const length = isTrain(origin.packet) ? packet.length : origin.length;
  Marked.add(segment, { packet, length, device: origin.device });
  return segment;
}

/**
 * Gives a copy of bytes, which outlives the buffer of the device, the origin of the bytes. If the origin is a train, its first packet
 * stands for all. Returns the copy.
 */
export function copyOrigin(bytes: Uint8Array, copy: Uint8Array): Uint8Array {
  const origin = isUsed ? Marked.of(bytes) : undefined;
  if (origin === undefined) return copy;
  const packet = origin.packet === bytes ? copy : ownedBytes(segmentOf(origin.packet, 0));
  Marked.add(copy, { packet, length: origin.length, device: origin.device });
  return copy;
}

/** Returns the memory that the origin of `bytes` takes in addition to `bytes`. */
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

/** Returns the byte strings of a value: the value itself, the items of a list, or the body of an encoded packet. */
function bytesIn(value: Value): readonly Uint8Array[] {
  if (value instanceof Uint8Array) return [value];
  if (value instanceof Packet) return value.body === undefined ? [] : [value.body];
  return Array.isArray(value) ? (value as Values).filter((item) => item instanceof Uint8Array) : [];
}
