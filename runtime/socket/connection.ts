import type { Received, ByteStream } from "../world/streams.ts";
import { failed, returned, type SocketCall } from "./socket-call.ts";
import type { ByteBudget } from "./byte-budget.ts";

/** What a connection tells its node. */
export interface ConnectionEvents {
  readonly finish: (call: SocketCall, outcome: ReturnType<typeof failed>) => void;
  /** The far end sends nothing more, and a read has heard of it. */
  readonly ended: () => void;
  /** Nothing can be done with it any more. Its calls have failed. */
  readonly broken: (reason: string) => void;
  readonly read: (bytes: number) => void;
  readonly written: (bytes: number) => void;
}

/** Len 0: whatever is there. */
const WHATEVER = 0;

interface Read {
  readonly call: SocketCall;
  readonly length: number;
}

/** A connected socket: its reads, one after the other, and its writes. While nobody reads, nothing is read. */
export class Connection {
  readonly #stream: ByteStream;
  readonly #room: ByteBudget;
  readonly #listener: ConnectionEvents;
  readonly #reads: Read[] = [];
  /** With the bytes they have room for. */
  readonly #writes = new Map<SocketCall, number>();
  /** Read, and not returned yet. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isReceiving = false;
  #isServing = false;
  #isEnded = false;
  #isClosed = false;

  constructor(stream: ByteStream, budget: ByteBudget, events: ConnectionEvents) {
    this.#stream = stream;
    this.#room = budget;
    this.#listener = events;
  }

  get isBusy(): boolean {
    return this.#reads.length > 0 || this.#writes.size > 0;
  }

  read(call: SocketCall, length: number): void {
    this.#reads.push({ call, length });
    this.#serve();
  }

  write(call: SocketCall, bytes: Uint8Array): void {
    this.#writes.set(call, bytes.length);
    this.#room.reserve(bytes.length);
    this.#stream.send(bytes, (outcome) => {
      if (!this.#writes.delete(call)) return;
      this.#room.release(bytes.length);
      if (!outcome.ok) {
        this.#listener.finish(call, failed(outcome.reason));
        return this.#break(outcome.reason);
      }
      this.#listener.written(bytes.length);
      this.#listener.finish(call, returned(bytes.length));
    });
  }

  /** Nobody waits for the call any more. What a read has not returned is there for the next; a write goes on. */
  withdraw(call: SocketCall): void {
    const at = this.#reads.findIndex((read) => read.call === call);
    if (at < 0) return;
    this.#reads.splice(at, 1);
    if (at > 0 || !this.#isReceiving) return;
    this.#isReceiving = false;
    this.#stream.withdraw();
    // What was too little for this read may be enough for the next.
    this.#serve();
  }

  /** At once: what still waits fails. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream.close();
    this.#room.release(this.#heldBytes);
    this.#held = [];
    const writing = [...this.#writes.keys()];
    for (const bytes of this.#writes.values()) this.#room.release(bytes);
    this.#writes.clear();
    for (const { call } of this.#reads.splice(0)) this.#listener.finish(call, failed(reason));
    for (const call of writing) this.#listener.finish(call, failed(reason));
  }

  /** Returns what can be returned, then asks for more if a read waits. What it brings about may come back here. */
  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#reads.length > 0 && !this.#isClosed && !this.#isReceiving) {
      if (!this.#serveFirst()) this.#receive();
    }
    this.#isServing = false;
  }

  /** Whether the first read has had its outcome. */
  #serveFirst(): boolean {
    const { call, length } = this.#reads[0] as Read;
    const wanted = length === WHATEVER ? this.#heldBytes : length;
    if (this.#heldBytes > 0 && this.#heldBytes >= wanted) {
      this.#reads.shift();
      this.#listener.finish(call, returned(this.#take(wanted)));
      return true;
    }
    if (!this.#isEnded && this.#room.fits(1)) return false;
    this.#reads.shift();
    this.#listener.finish(call, failed(this.#isEnded ? "end" : "no room"));
    if (this.#isEnded) this.#listener.ended();
    return true;
  }

  #receive(): void {
    this.#isReceiving = true;
    this.#stream.receive((arrival) => {
      this.#isReceiving = false;
      this.#arrive(arrival);
      this.#serve();
    });
  }

  #arrive(arrival: Received): void {
    switch (arrival.kind) {
      case "bytes":
        this.#held.push(arrival.bytes);
        this.#heldBytes += arrival.bytes.length;
        this.#room.reserve(arrival.bytes.length);
        return this.#listener.read(arrival.bytes.length);
      case "end":
        this.#isEnded = true;
        return;
      case "broken":
        return this.#break(arrival.reason);
    }
  }

  #break(reason: string): void {
    if (this.#isClosed) return;
    this.close(reason);
    this.#listener.broken(reason);
  }

  /** The first so many of the bytes that are held. */
  #take(count: number): Uint8Array {
    this.#room.release(count);
    this.#heldBytes -= count;
    const [first] = this.#held;
    if (first !== undefined && first.length === count) {
      this.#held.shift();
      return first;
    }
    const all = this.#held.length === 1 ? (first as Uint8Array) : joined(this.#held);
    this.#held = all.length > count ? [all.subarray(count)] : [];
    // A copy whatever kind of bytes it is: those of Node's own would keep all that came with them.
    return new Uint8Array(all.subarray(0, count));
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
