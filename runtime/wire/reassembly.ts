import { type Fragment, messageId, readFragment } from "./fragment.ts";
import { HEADER_BYTES, isFragment, writeHeader } from "./header.ts";
import { MESSAGE_MAX } from "./limits.ts";

/** What a receiver spends on messages that may never become whole. */
export interface ReassemblyLimits {
  /** Seconds from a message's first piece until it is given up. */
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

/** Why a fragment is dropped, to be counted. */
export type FragmentRefusal = "fragment malformed" | "fragments too large" | "fragments damaged";

/** What a piece costs beside its bytes. */
const PIECE_OVERHEAD = 64;

interface PartialMessage {
  readonly key: string;
  readonly source: string;
  readonly startedAt: number;
  readonly pieces: (Uint8Array | undefined)[];
  missing: number;
  size: number;
}

/**
 * Joins the pieces of messages. It holds so much and no more: the oldest unfinished message makes room, the source's own
 * where the source has its share. Time comes with each call, in seconds, and never goes back.
 */
export class Reassembly {
  /** Messages given up because pieces did not come, and because room was needed. */
  expired = 0;
  evicted = 0;
  readonly #limits: ReassemblyLimits;
  /** The oldest first. */
  readonly #messages = new Map<string, PartialMessage>();
  readonly #bySource = new Map<string, number>();
  #bytes = 0;

  constructor(limits: ReassemblyLimits = reassemblyLimits) {
    this.#limits = limits;
  }

  /** Messages that wait for pieces, and what they hold. */
  get usage(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#messages.size, bytes: this.#bytes };
  }

  /**
   * A datagram that is no fragment, as it is. For a fragment: the whole datagram that the last piece completes,
   * undefined while pieces are missing, or why it was dropped.
   */
  assemble(bytes: Uint8Array, source: string, now: number): Uint8Array | FragmentRefusal | undefined {
    if (!isFragment(bytes)) return bytes;
    this.#expire(now);
    const fragment = readFragment(bytes);
    return fragment === undefined ? "fragment malformed" : this.#place(fragment, source, now);
  }

  /** A message that is cut otherwise, since its path has changed, is another one. */
  #place(fragment: Fragment, source: string, now: number): Uint8Array | FragmentRefusal | undefined {
    const key = `${fragment.message} ${fragment.count} ${source}`;
    const message = this.#messages.get(key) ?? this.#begin(key, source, fragment.count, now);
    if (message.pieces[fragment.index] !== undefined) return undefined;
    if (message.size + fragment.piece.length > MESSAGE_MAX) {
      this.#forget(message);
      return "fragments too large";
    }
    this.#keep(message, fragment);
    return message.missing === 0 ? this.#finish(message, fragment.message) : undefined;
  }

  #begin(key: string, source: string, count: number, now: number): PartialMessage {
    if ((this.#bySource.get(source) ?? 0) >= this.#limits.messagesPerSource) this.#evictFrom(source);
    if (this.#messages.size >= this.#limits.messages) this.#evict(this.#oldest());
    const pieces = Array.from({ length: count }, () => undefined);
    const message: PartialMessage = { key, source, startedAt: now, pieces, missing: count, size: 0 };
    this.#messages.set(key, message);
    this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1);
    return message;
  }

  /** Copies the piece: it must not keep a larger buffer alive. */
  #keep(message: PartialMessage, { index, piece }: Fragment): void {
    message.pieces[index] = new Uint8Array(piece);
    message.missing--;
    message.size += piece.length;
    this.#bytes += piece.length + PIECE_OVERHEAD;
    while (this.#bytes > this.#limits.bytes && this.#oldest() !== message) this.#evict(this.#oldest());
  }

  #finish(message: PartialMessage, id: number): Uint8Array | FragmentRefusal {
    this.#forget(message);
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
      this.#forget(message);
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
    this.#forget(message);
    this.evicted++;
  }

  #oldest(): PartialMessage | undefined {
    return this.#messages.values().next().value;
  }

  #forget({ key, source, pieces, missing, size }: PartialMessage): void {
    this.#messages.delete(key);
    this.#bytes -= size + (pieces.length - missing) * PIECE_OVERHEAD;
    const left = (this.#bySource.get(source) ?? 0) - 1;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
  }
}
