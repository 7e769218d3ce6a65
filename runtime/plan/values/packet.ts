import { Address } from "./address.ts";
import { keyOfValues } from "./key.ts";
import { contentsOfPacket } from "./packet-bytes.ts";
import type { PredicateSpec } from "./predicate-spec.ts";
import { packetCount, packetCountOf } from "./train-segments.ts";
import { compareValues, type Value, type Values } from "./value.ts";

/** Predicate with its arguments: an event, a row to insert into a table, or a row to delete from it. */
export interface Tuple {
  readonly predicate: PredicateSpec;
  readonly args: Values;
  readonly isDelete: boolean;
}

/** Compares tuples: deletions first, then by name, then by arguments. The order does not depend on the rules that made them. */
export function compareTuples(one: Tuple, other: Tuple): number {
  if (one.isDelete !== other.isDelete) return one.isDelete ? -1 : 1;
  const [name, otherName] = [one.predicate.name, other.predicate.name];
  return name === otherName ? compareValues(one.args, other.args) : name < otherName ? -1 : 1;
}

/** Place where a tuple entered this node. Some elements depend on it: a packet from the device is not written back to the device. */
export type Provenance = "rule" | "device" | "network" | "operator";

/**
 * Largest number of nested packets. OverlaySendWrap builds no more layers, and Admission refuses more, so functions of values may recurse
 * over layers.
 */
export const LAYERS_MAX = 32;

/**
 * Tuple as a value: the payload of an overlay. A packet from this node has a `tuple`. A packet from the network has a `body`, the
 * encoded arguments, which stay opaque in transit and are decoded at the destination.
 */
export class Packet {
  /** Wire hash of the predicate and of the kind: event, insertion or deletion. */
  readonly hash: number;
  /** Number of nodes that have forwarded the packet. Limited on the wire, so that a routing loop ends. */
  readonly hops: number;
  readonly tuple: Tuple | undefined;
  /** Encoded arguments; a train if the packet stands for several packets. */
  readonly body: Uint8Array | undefined;
  /** Number of nested packets, including this packet. An encoded body counts as a payload without packets. */
  readonly layers: number;
  #key: string | undefined;
  #count = 0;

  private constructor(
    hash: number,
    hops: number,
    tuple: Tuple | undefined,
    body: Uint8Array | undefined,
    layers: number,
  ) {
    this.hash = hash;
    this.hops = hops;
    this.tuple = tuple;
    this.body = body;
    this.layers = layers;
  }

  static of(tuple: Tuple): Packet {
    const { tuple: insert, remove } = tuple.predicate.wire;
    return new Packet(tuple.isDelete ? remove : insert, 0, tuple, undefined, 1 + layersIn(tuple.args));
  }

  static inTransit(hash: number, hops: number, body: Uint8Array): Packet {
    return new Packet(hash, hops, undefined, body, 1);
  }

  /** Returns a copy of the packet with another body, or with other arguments. The number of layers must stay the same. */
  with(args: Values | undefined, body: Uint8Array | undefined): Packet {
    const tuple = args === undefined ? undefined : this.tuple && { ...this.tuple, args };
    return new Packet(this.hash, this.hops, tuple, body, this.layers);
  }

  /** Number of packets that this packet stands for: the segments of the longest train in it, or 1. */
  get count(): number {
    if (this.#count === 0) {
      this.#count = this.tuple === undefined ? packetCount(this.body as Uint8Array) : packetCountOf(this.tuple.args);
    }
    return this.#count;
  }

  /** Key by which packets are compared: the wire form without hop counts, which is the same for a decoded and an encoded packet. */
  get key(): string {
    this.#key ??= `${this.hash}/${this.#contentKey()}`;
    return this.#key;
  }

  #contentKey(): string {
    const contents = contentsOfPacket(this);
    return contents === undefined ? keyOfValues(this.tuple?.args ?? []) : contents.map(contentKey).join("");
  }
}

/** Returns the largest number of layers of the packets in the values. */
function layersIn(values: Values): number {
  let layers = 0;
  for (let at = 0; at < values.length; at++) layers = Math.max(layers, layersOf(values[at] as Value));
  return layers;
}

function layersOf(value: Value): number {
  if (typeof value !== "object" || value === null) return 0;
  if (value instanceof Packet) return value.layers;
  if (Array.isArray(value)) return layersIn(value as Values);
  return value instanceof Address ? Math.max(layersOf(value.node), layersIn(value.options)) : 0;
}

function contentKey(content: Uint8Array): string {
  return `~${content.length}:${Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1")}`;
}
