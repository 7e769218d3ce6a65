/**
 * Reassembly of fragments. NetworkIn passes each fragment to `assemble`, and decodes the complete message. Memory is bounded per source and
 * in all, since fragments of messages that never become complete can come from anyone.
 */
import { type Fragment, messageId, readFragment } from "./fragment.ts";
import { HEADER_BYTES, isFragment, writeHeader } from "./header.ts";
import { CE } from "../ip/traffic-class.ts";
import { MESSAGE_MAX } from "../plan/values/encoding-limits.ts";

/** Limits on incomplete messages. */
export interface ReassemblyLimits {
  /** Seconds from the first piece of a message until the message is dropped. */
  readonly timeout: number;
  readonly messages: number;
  readonly messagesPerSource: number;
  readonly bytes: number;
}

export const reassemblyLimits: ReassemblyLimits = {
  timeout: 5,
  messages: 256,
  messagesPerSource: 8,
  bytes: 4 * 1024 * 1024,
};

/** Reason for which a fragment is dropped, under which drops are counted. */
export type FragmentRefusal = "fragment malformed" | "fragments too large" | "fragments damaged";

/** Memory of a piece besides its bytes. */
const PIECE_OVERHEAD = 64;

interface PartialMessage {
  readonly key: string;
  readonly source: string;
  readonly startedAt: number;
  readonly pieces: (Uint8Array | undefined)[];
  missing: number;
  size: number;
  ecn: number;
}

/**
 * Assembles messages from fragments. If a limit is reached, the oldest incomplete message is evicted: of the same source if that source
 * has reached its limit, of all sources otherwise. Each call gives the current time in seconds, which must not decrease.
 */
export class Reassembly {
  /** Messages dropped because pieces were missing at the timeout. */
  expired = 0;
  /** Messages dropped because a limit was reached. */
  evicted = 0;
  /**
   * ECN field of the latest complete message: CE if a fragment had it (RFC 3168, 5.3), otherwise the field of the fragment that arrived
   * first.
   */
  ecn = 0;
  readonly #limits: ReassemblyLimits;
  /** Incomplete messages by id, number of pieces and source, the oldest first. */
  readonly #messages = new Map<string, PartialMessage>();
  readonly #bySource = new Map<string, number>();
  #bytes = 0;

  constructor(limits: ReassemblyLimits = reassemblyLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Number of incomplete messages, and their memory in bytes. */
  get usage(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#messages.size, bytes: this.#bytes };
  }

  /**
   * Takes a datagram. Returns it unchanged if it is not a fragment. For a fragment, returns the complete datagram if this was the last
   * missing piece, undefined if pieces are still missing, or the reason for which the fragment was dropped. `ecn` is the ECN field of
   * the datagram.
   */
  assemble(bytes: Uint8Array, source: string, now: number, ecn: number = 0): Uint8Array | FragmentRefusal | undefined {
    if (!isFragment(bytes)) return bytes;
    this.#expire(now);
    const fragment = readFragment(bytes);
    return fragment === undefined ? "fragment malformed" : this.#add(fragment, source, now, ecn);
  }

  /** Adds a fragment to its message. A message that is sent again in another number of pieces counts as a different one. */
  #add(fragment: Fragment, source: string, now: number, ecn: number): Uint8Array | FragmentRefusal | undefined {
    const key = `${fragment.message} ${fragment.count} ${source}`;
    const message = this.#messages.get(key) ?? this.#start(key, source, fragment.count, now, ecn);
    if (message.pieces[fragment.index] !== undefined) return undefined;
    if (message.size + fragment.piece.length > MESSAGE_MAX) {
      this.#remove(message);
      return "fragments too large";
    }
    this.#store(message, fragment);
    if (ecn === CE) message.ecn = CE;
    return message.missing === 0 ? this.#finish(message, fragment.message) : undefined;
  }

  #start(key: string, source: string, count: number, now: number, ecn: number): PartialMessage {
    if ((this.#bySource.get(source) ?? 0) >= this.#limits.messagesPerSource) this.#evictFrom(source);
    if (this.#messages.size >= this.#limits.messages) this.#evict(this.#oldest());
    const pieces = Array.from({ length: count }, () => undefined);
    const message: PartialMessage = { key, source, startedAt: now, pieces, missing: count, size: 0, ecn };
    this.#messages.set(key, message);
    this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1);
    return message;
  }

  /** Stores a copy of the piece, since the buffer of the datagram is reused. */
  #store(message: PartialMessage, { index, piece }: Fragment): void {
    message.pieces[index] = new Uint8Array(piece);
    message.missing--;
    message.size += piece.length;
    this.#bytes += piece.length + PIECE_OVERHEAD;
    while (this.#bytes > this.#limits.bytes && this.#oldest() !== message) this.#evict(this.#oldest());
  }

  #finish(message: PartialMessage, id: number): Uint8Array | FragmentRefusal {
    this.#remove(message);
    this.ecn = message.ecn;
    const bytes = new Uint8Array(HEADER_BYTES + message.size);
    writeHeader(bytes, 0);
    let at = HEADER_BYTES;
    for (const piece of message.pieces as readonly Uint8Array[]) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return messageId(bytes.subarray(HEADER_BYTES)) === id ? bytes : "fragments damaged";
  }

  #expire(now: number): void {
    for (const message of this.#messages.values()) {
      if (now - message.startedAt < this.#limits.timeout) return;
      this.#remove(message);
      this.expired++;
    }
  }

  #evictFrom(source: string): void {
    for (const message of this.#messages.values()) {
      if (message.source === source) return this.#evict(message);
    }
  }

  #evict(message: PartialMessage | undefined): void {
    if (message === undefined) return;
    this.#remove(message);
    this.evicted++;
  }

  #oldest(): PartialMessage | undefined {
    return this.#messages.values().next().value;
  }

  #remove({ key, source, pieces, missing, size }: PartialMessage): void {
    this.#messages.delete(key);
    this.#bytes -= size + (pieces.length - missing) * PIECE_OVERHEAD;
    const left = (this.#bySource.get(source) ?? 0) - 1;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
  }
}
