import { admits } from "../plan/values/column-type.ts";
import type { Packet, Tuple } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { isTrain, segmentsOf, type Train } from "../plan/values/train.ts";
import type { Values, Value } from "../plan/values/value.ts";
import { decodeFields } from "../wire/decode.ts";
import { fieldsOfBodies, fieldsOfDatagrams, tupleOfTrain } from "../wire/decode-train.ts";
import { devicePacketLength } from "../wire/device-packet.ts";
import { CachedDecoding } from "../wire/cached-decoding.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";

export const spec: ElementSpec = {
  name: "Admission",
  manual: `
Admission(plan)

Default deny: opens what came over the network only when a loaded program expects it, with the number and the types
of arguments that the compiler inferred. Inserting and deleting are separate rights. A train of packets of a device is one tuple.

Ports   in: encoded tuples. out: tuples.
Drops   "not accepted": a known predicate that the network may not bring; "unknown predicate"; "wrong type";
        "malformed": fields that cannot be read.
Reads   counters: encoded tuples in, tuples out
Built   by runtime/node/dataflow.ts, one per node; NetworkIn and OverlayRecvUnwrap share it.
See     NetworkIn, OverlayRecvUnwrap
`,
  inputs: "1",
  outputs: "1",
  drops: ["not accepted", "unknown predicate", "wrong type", "malformed"],
};

interface Right {
  readonly predicate: PredicateSpec;
  readonly isDelete: boolean;
  readonly isAccepted: boolean;
}

/** How something began that was admitted. */
interface CacheEntry {
  /** Of the packet that it was the body of; undefined for a datagram. */
  readonly hash: number | undefined;
  readonly decoding: CachedDecoding;
  readonly predicate: PredicateSpec;
  readonly isDelete: boolean;
}

/** A node meets few kinds of packets at a time: by length, by sender, and by layer. */
const CACHE_ENTRIES = 16;

export class Admission {
  readonly counters: ElementCounters = new ElementCounters();
  readonly #rights = new Map<number, Right>();
  /** The latest; those that were met longest ago are replaced first. */
  readonly #decodeCache: CacheEntry[] = [];
  #nextSlot = 0;

  constructor(plan: Plan) {
    for (const predicate of plan.predicates) {
      const { tuple, remove, acceptTuple, acceptRemove } = predicate.wire;
      if (!this.#rights.has(tuple)) this.#rights.set(tuple, { predicate, isDelete: false, isAccepted: acceptTuple });
      if (remove !== 0) this.#rights.set(remove, { predicate, isDelete: true, isAccepted: acceptRemove });
    }
  }

  /** The tuples in a packet from elsewhere: none when it is not for this node to have, several of an uneven train. */
  open({ hash, body }: Packet): readonly Tuple[] {
    if (body === undefined) return [];
    const entry = this.#decodeCached(hash, body);
    if (entry !== undefined) return [entry];
    if (isTrain(body)) {
      const tuple = this.#join(hash, (arity) => fieldsOfBodies(body, hash, arity));
      if (tuple !== undefined) return [this.#cache(hash, body, tuple)];
    }
    return segmentsOf(body).flatMap((row) => this.#openRow(hash, row) ?? []);
  }

  #openRow(hash: number, row: Uint8Array): Tuple | undefined {
    const tuple = this.decode(hash, row, 0, row.length);
    return tuple && this.#cache(hash, row, tuple);
  }

  /** The one tuple of a datagram, or of each of a train, that begins as one that was admitted; undefined otherwise. */
  decodeCached(bytes: Uint8Array): Tuple | undefined {
    return this.#decodeCached(undefined, bytes);
  }

  /** The datagram had one tuple. */
  cache(bytes: Uint8Array, tuple: Tuple): void {
    this.#cache(undefined, bytes, tuple);
  }

  /** The one tuple that a train of datagrams amounts to; undefined when they must be looked at one by one. */
  decodeTrain(train: Train): Tuple | undefined {
    const encoded = tupleOfTrain(train);
    const tuple = encoded && this.#join(encoded.hash, (arity) => fieldsOfDatagrams(train, encoded.hash, arity));
    return tuple && this.#cache(undefined, train, tuple);
  }

  #decodeCached(hash: number | undefined, bytes: Uint8Array): Tuple | undefined {
    for (const entry of this.#decodeCache) {
      const args = entry.hash === hash ? entry.decoding.read(bytes) : undefined;
      if (args === undefined) continue;
      this.counters.in++;
      this.counters.out++;
      return { predicate: entry.predicate, args, isDelete: entry.isDelete };
    }
    return undefined;
  }

  #cache(hash: number | undefined, bytes: Uint8Array, tuple: Tuple): Tuple {
    const { remove, tuple: insert } = tuple.predicate.wire;
    const devicePacket = devicePacketLength(tuple.isDelete ? remove : insert, tuple.args);
    const decoding = CachedDecoding.of(bytes, tuple.args, devicePacket);
    if (decoding === undefined) return tuple;
    this.#decodeCache[this.#nextSlot] = { hash, decoding, predicate: tuple.predicate, isDelete: tuple.isDelete };
    this.#nextSlot = (this.#nextSlot + 1) % CACHE_ENTRIES;
    return tuple;
  }

  /** Whatever is wrong is found again, and counted, when each is looked at. */
  #join(hash: number, fieldsOf: (arity: number) => Value[] | undefined): Tuple | undefined {
    const right = this.#rights.get(hash);
    if (right === undefined || !right.isAccepted) return undefined;
    const { predicate, isDelete } = right;
    const args = fieldsOf(predicate.arity);
    if (args === undefined || !hasTypes(args, predicate, isDelete)) return undefined;
    this.counters.in++;
    this.counters.out++;
    return { predicate, args, isDelete };
  }

  /** The tuple whose fields are at `start` to `end` of `bytes`. */
  decode(hash: number, bytes: Uint8Array, start: number, end: number): Tuple | undefined {
    this.counters.in++;
    const right = this.#rights.get(hash);
    if (right === undefined) return this.#drop("unknown predicate");
    if (!right.isAccepted) return this.#drop("not accepted");
    const { predicate, isDelete } = right;
    const args = decodeFields(bytes, start, end, predicate.arity);
    if (args === undefined) return this.#drop("malformed");
    if (!hasTypes(args, predicate, isDelete)) return this.#drop("wrong type");
    this.counters.out++;
    return { predicate, args, isDelete };
  }

  #drop(reason: string): undefined {
    this.counters.drop(reason);
    return undefined;
  }
}

/** What a deletion has outside the key says nothing, and may be anything. */
function hasTypes(args: Values, { columns, table }: PredicateSpec, isDelete: boolean): boolean {
  const keys = isDelete && table !== undefined && table.keys.length > 0 ? table.keys : undefined;
  for (let column = 0; column < args.length; column++) {
    if (keys?.includes(column) === false) continue;
    if (!admits(columns[column] ?? 0, args[column] as Value)) return false;
  }
  return true;
}
