import { keyOfValues } from "./key.ts";
import type { PredicateSpec } from "./predicate-spec.ts";
import { segmentsOf } from "./train.ts";
import { compareValues, type Values } from "./value.ts";

/** A fact or event: a predicate and its arguments; of a table's predicate also what is to be removed. */
export interface Tuple {
  readonly predicate: PredicateSpec;
  readonly args: Values;
  readonly isDelete: boolean;
}

/** Deletions first, then by name, then in the order of values: an order in which no rule comes before another. */
export function compareTuples(one: Tuple, other: Tuple): number {
  if (one.isDelete !== other.isDelete) return one.isDelete ? -1 : 1;
  const [name, otherName] = [one.predicate.name, other.predicate.name];
  return name === otherName ? compareValues(one.args, other.args) : name < otherName ? -1 : 1;
}

/** Where a tuple entered this node: what it may do depends on it. */
export type Provenance = "rule" | "device" | "network" | "operator";

/**
 * A tuple as a value: what an overlay carries. Either made here (`tuple`), or come from the network and still
 * encoded (`body`): it stays opaque bytes while in transit and is decoded where it is delivered.
 */
export class Packet {
  /** The wire hash of the predicate and what is to be done with it. */
  readonly hash: number;
  /** How many nodes have sent it on; bounded on the wire, so that no routing loop is endless. */
  readonly hops: number;
  readonly tuple: Tuple | undefined;
  /** Of several packets that came together, a train. */
  readonly body: Uint8Array | undefined;
  #key: string | undefined;

  private constructor(hash: number, hops: number, tuple: Tuple | undefined, body: Uint8Array | undefined) {
    this.hash = hash;
    this.hops = hops;
    this.tuple = tuple;
    this.body = body;
  }

  static of(tuple: Tuple): Packet {
    const { tuple: insert, remove } = tuple.predicate.wire;
    return new Packet(tuple.isDelete ? remove : insert, 0, tuple, undefined);
  }

  static inTransit(hash: number, hops: number, body: Uint8Array): Packet {
    return new Packet(hash, hops, undefined, body);
  }

  /** The same packet with another body or other arguments. */
  with(args: Values | undefined, body: Uint8Array | undefined): Packet {
    const tuple = args === undefined ? undefined : this.tuple && { ...this.tuple, args };
    return new Packet(this.hash, this.hops, tuple, body);
  }

  get key(): string {
    this.#key ??= `${this.hash}/${this.#contentKey()}`;
    return this.#key;
  }

  #contentKey(): string {
    if (this.tuple !== undefined) return keyOfValues(this.tuple.args);
    return segmentsOf(this.body as Uint8Array)
      .map(bodyKey)
      .join("");
  }
}

function bodyKey(body: Uint8Array): string {
  return `~${body.length}:${Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1")}`;
}
