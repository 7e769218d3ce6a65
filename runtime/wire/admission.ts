import { Packet, type Tuple } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { isTrain, segmentsOf, type Train } from "../plan/values/train.ts";
import type { Value } from "../plan/values/value.ts";
import { CachedDecoding } from "./cached-decoding.ts";
import { decodeFields } from "../plan/values/decode-fields.ts";
import { fieldsOfBodies, fieldsOfDatagrams, tupleOfTrain } from "./decode-train.ts";
import { devicePacketLength } from "./device-packet.ts";
import { hasColumnTypes, isPermitted } from "./permission.ts";
import type { Sender, SenderAdmission, SenderRefusal } from "./sender.ts";
import { hasTooManyLayers } from "../plan/values/packet-layers.ts";

/** Why an encoded tuple is not admitted: the drop reason of the element that asked. */
export type AdmissionRefusal = "not accepted" | "unknown predicate" | "wrong type" | "malformed" | "too many layers";

/** Predicate and operation (insert or delete) that a wire hash stands for, and whether the network may perform the operation. */
interface Right {
  readonly predicate: PredicateSpec;
  readonly isDelete: boolean;
  readonly isAccepted: boolean;
}

interface CacheEntry {
  /** Wire hash of the packet whose body was decoded. Undefined for a datagram. */
  readonly hash: number | undefined;
  readonly decoding: CachedDecoding;
  readonly predicate: PredicateSpec;
  readonly isDelete: boolean;
}

/**
 * Number of entries of the decode cache. A node receives few kinds of packets at a time; each length, sender and overlay layer is a kind.
 */
const CACHE_ENTRIES = 16;

/**
 * Decodes tuples from the network, and admits only those that a loaded program expects: default deny. NetworkIn decodes datagrams with it,
 * and OverlayRecvUnwrap decodes packets inside tuples; both count the refusals. An encoded tuple is admitted when its wire hash belongs to
 * a predicate that the program accepts from the network, with the number and the types of arguments that the compiler inferred. Insertions
 * and deletions have separate wire hashes and separate rights.
 *
 * The decode cache remembers how the latest admitted datagrams and packets began. Bytes of the same length with the same beginning can
 * differ only in their last field, so they are not decoded again.
 */
export class Admission {
  /** Rights by wire hash. */
  readonly #rights = new Map<number, Right>();
  /** A ring: the oldest entry is replaced first. */
  readonly #decodeCache: CacheEntry[] = [];
  #nextSlot = 0;
  /** Entry of the latest hit. The search begins there, because packets of one flow follow each other. */
  #latestHit = 0;

  readonly #senders: SenderAdmission | undefined;

  /** Without `senders` every sender may send the tuples that the program accepts, at any rate. */
  constructor(plan: Plan, senders?: SenderAdmission) {
    this.#senders = senders;
    for (const predicate of plan.predicates) {
      const { tuple, remove, acceptTuple, acceptRemove } = predicate.wire;
      if (!this.#rights.has(tuple)) this.#rights.set(tuple, { predicate, isDelete: false, isAccepted: acceptTuple });
      if (remove !== 0) this.#rights.set(remove, { predicate, isDelete: true, isAccepted: acceptRemove });
    }
  }

  /** Returns why an admitted tuple is refused to its sender; undefined if it is not. Counts the tuple for the sender. */
  refusal(tuple: Tuple, sender: Sender): SenderRefusal | undefined {
    return tuple.predicate.accepts === undefined ? undefined : this.#senders?.refusal(tuple, sender);
  }

  /** Returns the tuple of a datagram, or the tuple of a train of datagrams, from the decode cache; undefined when it is not there. */
  decodeCached(bytes: Uint8Array): Tuple | undefined {
    return this.#decodeCached(undefined, bytes);
  }

  /** Puts a datagram that held one tuple, `tuple`, into the decode cache. */
  cache(bytes: Uint8Array, tuple: Tuple): void {
    this.#cache(undefined, bytes, tuple);
  }

  /** Decodes a train of datagrams as one tuple. Returns undefined when its datagrams must be decoded one by one. */
  decodeTrain(train: Train): Tuple | undefined {
    const encoded = tupleOfTrain(train);
    if (encoded !== undefined && hasTooManyLayers(train, encoded.start, encoded.end)) return undefined;
    const tuple = encoded && this.#join(encoded.hash, (arity) => fieldsOfDatagrams(train, encoded.hash, arity));
    return tuple && this.#cache(undefined, train, tuple);
  }

  /** Decodes the tuple whose fields lie from `start` to `end` of `bytes`. */
  decode(hash: number, bytes: Uint8Array, start: number, end: number): Tuple | AdmissionRefusal {
    const right = this.#rights.get(hash);
    if (right === undefined) return "unknown predicate";
    if (!right.isAccepted) return "not accepted";
    if (hasTooManyLayers(bytes, start, end)) return "too many layers";
    const { predicate, isDelete } = right;
    const args = decodeFields(bytes, start, end, predicate.arity);
    if (args === undefined) return "malformed";
    const tuple = { predicate, args, isDelete };
    return isAdmitted(tuple) ? tuple : "wrong type";
  }

  /**
   * Decodes the tuples in a packet that another node wrapped. Returns no tuple if this node does not accept the packet, and several tuples
   * if the packet holds a train that cannot be decoded as one tuple. Reports each refusal to `refused`.
   */
  open({ hash, body }: Packet, refused: (reason: AdmissionRefusal) => void): readonly Tuple[] {
    if (body === undefined) return [];
    const cached = this.#decodeCached(hash, body);
    if (cached !== undefined) return [cached];
    if (isTrain(body)) {
      const tuple = this.#join(hash, (arity) => fieldsOfBodies(body, hash, arity));
      if (tuple !== undefined) return [this.#cache(hash, body, tuple)];
    }
    return segmentsOf(body).flatMap((segment) => this.#openSegment(hash, segment, refused) ?? []);
  }

  #openSegment(hash: number, segment: Uint8Array, refused: (reason: AdmissionRefusal) => void): Tuple | undefined {
    const tuple = this.decode(hash, segment, 0, segment.length);
    if (typeof tuple !== "string") return this.#cache(hash, segment, tuple);
    refused(tuple);
    return undefined;
  }

  /**
   * Decodes a train as one tuple. Returns undefined if that is not possible; then each segment is decoded separately, and refusals are
   * counted there.
   */
  #join(hash: number, fieldsOf: (arity: number) => Value[] | undefined): Tuple | undefined {
    const right = this.#rights.get(hash);
    if (right === undefined || !right.isAccepted || isCounted(right.predicate)) return undefined;
    const { predicate, isDelete } = right;
    const args = fieldsOf(predicate.arity);
    const tuple = args && { predicate, args, isDelete };
    return tuple !== undefined && isAdmitted(tuple) ? tuple : undefined;
  }

  #decodeCached(hash: number | undefined, bytes: Uint8Array): Tuple | undefined {
    const entries = this.#decodeCache;
    for (let tried = 0, at = this.#latestHit; tried < entries.length; tried++, at++) {
      if (at === entries.length) at = 0;
      const entry = entries[at] as CacheEntry;
      const args = entry.hash === hash ? entry.decoding.read(bytes) : undefined;
      if (args === undefined) continue;
      this.#latestHit = at;
      // Two datagrams with the same prefix may differ in the number of layers in their payload. `decode` then refuses the datagram with too
      // many.
      const last = args.at(-1);
      if (last instanceof Packet && last.body !== undefined && hasTooManyLayers(last.body, 0, last.body.length))
        return undefined;
      const tuple = { predicate: entry.predicate, args, isDelete: entry.isDelete };
      return isStated(tuple) ? tuple : undefined;
    }
    return undefined;
  }

  #cache(hash: number | undefined, bytes: Uint8Array, tuple: Tuple): Tuple {
    if (isCounted(tuple.predicate)) return tuple;
    const { remove, tuple: insert } = tuple.predicate.wire;
    const devicePacket = devicePacketLength(tuple.isDelete ? remove : insert, tuple.args);
    const decoding = CachedDecoding.of(bytes, tuple.args, devicePacket);
    if (decoding === undefined) return tuple;
    this.#decodeCache[this.#nextSlot] = { hash, decoding, predicate: tuple.predicate, isDelete: tuple.isDelete };
    this.#nextSlot = (this.#nextSlot + 1) % CACHE_ENTRIES;
    return tuple;
  }
}

/** Whether the arguments have the types of the columns, and those of an `accept` if the program states one. */
function isAdmitted(tuple: Tuple): boolean {
  return hasColumnTypes(tuple) && isStated(tuple);
}

/** Whether an `accept` permits the tuple if it comes from the right sender, or the predicate has no `accept`. */
function isStated(tuple: Tuple): boolean {
  const { accepts } = tuple.predicate;
  return accepts === undefined || accepts.some((accept) => isPermitted(accept, tuple, isAnySender));
}

function isAnySender(): boolean {
  return true;
}

/** Whether the tuples of a sender are counted, so that each packet of a train must be a tuple of its own. */
function isCounted({ accepts = [] }: PredicateSpec): boolean {
  return accepts.some(({ rate }) => rate !== undefined);
}
