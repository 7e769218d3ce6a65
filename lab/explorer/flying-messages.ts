/** Messages under way between the nodes of an exploration: a queue for each pair of nodes, in the order in which they were sent. */
import { predicatesByHash, withKnownPackets } from "../../runtime/plan/values/known-packets.ts";
import type { Tuple } from "../../runtime/plan/values/packet.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import { Admission } from "../../runtime/wire/admission.ts";
import { decodeDatagram } from "../../runtime/wire/decode.ts";
import { isFragment } from "../../runtime/wire/header.ts";
import { callIdsIn } from "./call-ids.ts";
import { type Digest, DigestSum, Hasher, numberOf } from "./digest.ts";
import { UnexplorableError } from "./unexplorable-error.ts";

/** Datagram from one node to another. Equal datagrams between the same nodes are one object. */
export interface Message {
  /** Numbers of the nodes. */
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
  /** The tuples that the receiver admits. */
  readonly tuples: readonly Tuple[];
  readonly digest: Digest;
  /** 48 bits of the digest. */
  readonly key: number;
  readonly callIds: readonly number[];
}

/** Nodes keep the fragments that have arrived, and the undo of an action does not take these away. */
const FRAGMENT =
  "a tuple is too long for a datagram and travels as fragments, which an exploration cannot take back: " +
  "send shorter tuples, or leave out --from, where datagrams have up to 65,000 bytes";

/** Number of known messages after which they are forgotten, so that memory is bounded. */
const KNOWN_MAX = 200_000;

export class FlyingMessages {
  /** Sum of the hashes of all messages. */
  readonly sum: DigestSum = new DigestSum();
  /** Number of messages with each call id. */
  readonly callIds: Map<number, number> = new Map();
  /** Number of messages. */
  length = 0;
  readonly #queues: Message[][];
  readonly #nodes: number;
  readonly #admission: Admission;
  readonly #predicateOf: ReturnType<typeof predicatesByHash>;
  readonly #known = new Map<string, Message>();

  constructor(nodes: number, plan: Plan) {
    this.#nodes = nodes;
    this.#queues = Array.from({ length: nodes * nodes }, () => []);
    this.#admission = new Admission(plan);
    this.#predicateOf = predicatesByHash(plan.predicates);
  }

  /** Returns the message with these bytes. */
  message(from: number, to: number, bytes: Uint8Array): Message {
    const name = `${from} ${to} ${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (isFragment(bytes)) throw new UnexplorableError(FRAGMENT);
    const tuples = this.#decode(bytes);
    const digest = new Hasher(from * this.#nodes + to).text(name).digest();
    const callIds = tuples.flatMap(({ args }) => callIdsIn(args));
    const message = { from, to, bytes: bytes.slice(), tuples, digest, key: numberOf(digest), callIds };
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(name, message);
    return message;
  }

  #decode(bytes: Uint8Array): readonly Tuple[] {
    const decoded = decodeDatagram(bytes);
    if (!decoded.ok) return [];
    return decoded.tuples.flatMap(({ hash, start, end }) => {
      const tuple = this.#admission.decode(hash, bytes, start, end);
      return typeof tuple === "string" ? [] : [{ ...tuple, args: withKnownPackets(tuple.args, this.#predicateOf) }];
    });
  }

  /** The messages from one node to another, oldest first. */
  queue(from: number, to: number): readonly Message[] {
    return this.#queueOf(from, to);
  }

  #queueOf(from: number, to: number): Message[] {
    return this.#queues[from * this.#nodes + to] as Message[];
  }

  /** The messages for a node, by sender, oldest first. */
  *to(node: number): Generator<Message> {
    for (let from = 0; from < this.#nodes; from++) yield* this.#queueOf(from, node);
  }

  /** Adds a message behind the others of its nodes, or at a position of their queue. */
  add(message: Message, at?: number): void {
    const queue = this.#queueOf(message.from, message.to);
    if (at === undefined) queue.push(message);
    else queue.splice(at, 0, message);
    this.length++;
    this.sum.add(message.digest);
    for (const id of message.callIds) this.callIds.set(id, (this.callIds.get(id) ?? 0) + 1);
  }

  /** Removes the oldest message that equals `message`, and returns its position in the queue. */
  remove(message: Message): number {
    return this.#removeAt(message, this.#queueOf(message.from, message.to).indexOf(message));
  }

  /** Removes the newest message that equals `message`: reverts `add`. */
  removeNewest(message: Message): void {
    this.#removeAt(message, this.#queueOf(message.from, message.to).lastIndexOf(message));
  }

  #removeAt(message: Message, at: number): number {
    this.#queueOf(message.from, message.to).splice(at, 1);
    this.length--;
    this.sum.subtract(message.digest);
    for (const id of message.callIds) this.#forget(id);
    return at;
  }

  #forget(id: number): void {
    const count = (this.callIds.get(id) ?? 0) - 1;
    if (count > 0) this.callIds.set(id, count);
    else this.callIds.delete(id);
  }

  /** Adds the order of the messages of each queue to a hash, for searches in which it matters. */
  addOrder(hasher: Hasher): void {
    for (const queue of this.#queues) {
      hasher.word(queue.length);
      for (const { digest } of queue) hasher.word(digest.low).word(digest.high);
    }
  }
}
