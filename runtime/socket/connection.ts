/**
 * A connected socket of a node. Sockets calls `read`, `write`, `shutdown` and `close` for the TCP calls of rules; the connection asks
 * its byte stream for data only while a read is pending, so that back-pressure reaches the remote sender.
 */
import type { Received, ByteStream, Sent } from "../world/streams.ts";
import { failed, returned, type SocketCall } from "./socket-call.ts";
import type { ByteBudget } from "./byte-budget.ts";

/** Callbacks of a connection. */
export interface ConnectionEvents {
  readonly finish: (call: SocketCall, outcome: ReturnType<typeof failed>) => void;
  /** The remote end has closed its sending direction, and a read has failed with "end". */
  readonly ended: () => void;
  /** The connection is unusable. Its pending calls have failed. */
  readonly broken: (reason: string) => void;
  readonly read: (bytes: number) => void;
  readonly written: (bytes: number) => void;
}

/** Length of a read that returns whatever has arrived. */
const ANY_LENGTH = 0;

interface Read {
  readonly call: SocketCall;
  readonly length: number;
}

/** Connection with its pending reads, which are served one after the other, and its pending writes. */
export class Connection {
  readonly #stream: ByteStream;
  readonly #budget: ByteBudget;
  readonly #events: ConnectionEvents;
  readonly #reads: Read[] = [];
  /** Pending writes with their lengths, which the budget includes. A pending shutdown has length 0. */
  readonly #writes = new Map<SocketCall, number>();
  /** Bytes received but not returned yet. */
  #received: Uint8Array[] = [];
  #receivedBytes = 0;
  #isReceiving = false;
  #isServing = false;
  #isEnded = false;
  /** Whether a call has closed the sending direction. */
  #isShutDown = false;
  #isClosed = false;

  constructor(stream: ByteStream, budget: ByteBudget, events: ConnectionEvents) {
    this.#stream = stream;
    this.#budget = budget;
    this.#events = events;
  }

  get isBusy(): boolean {
    return this.#reads.length > 0 || this.#writes.size > 0;
  }

  read(call: SocketCall, length: number): void {
    this.#reads.push({ call, length });
    this.#serve();
  }

  write(call: SocketCall, bytes: Uint8Array): void {
    if (this.#isShutDown) return this.#events.finish(call, failed("shut down"));
    this.#writes.set(call, bytes.length);
    this.#budget.reserve(bytes.length);
    this.#stream.send(bytes, (outcome) => {
      if (!this.#isTaken(call, outcome, bytes.length)) return;
      this.#events.written(bytes.length);
      this.#events.finish(call, returned(bytes.length));
    });
  }

  /** Closes the sending direction after the pending writes. A second call has no effect, as in Linux. */
  shutdown(call: SocketCall): void {
    if (this.#isShutDown) return this.#events.finish(call, returned());
    this.#isShutDown = true;
    this.#writes.set(call, 0);
    this.#stream.shutdown((outcome) => {
      if (this.#isTaken(call, outcome, 0)) this.#events.finish(call, returned());
    });
  }

  /**
   * Handles the outcome of a write or a shutdown. Returns true if it succeeded and the call is still pending. A failure breaks the
   * connection.
   */
  #isTaken(call: SocketCall, outcome: Sent, bytes: number): boolean {
    if (!this.#writes.delete(call)) return false;
    this.#budget.release(bytes);
    if (outcome.ok) return true;
    this.#events.finish(call, failed(outcome.reason));
    this.#break(outcome.reason);
    return false;
  }

  /** Cancels a call. Bytes that arrived for a read are kept for the next read. A write continues. */
  withdraw(call: SocketCall): void {
    const at = this.#reads.findIndex((read) => read.call === call);
    if (at < 0) return;
    this.#reads.splice(at, 1);
    if (at > 0 || !this.#isReceiving) return;
    this.#isReceiving = false;
    this.#stream.withdraw();
    // The bytes that were too few for this read may be enough for the next.
    this.#serve();
  }

  /** Closes the connection at once. Pending calls fail with the reason. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream.close();
    this.#budget.release(this.#receivedBytes);
    this.#received = [];
    const writing = [...this.#writes.keys()];
    for (const bytes of this.#writes.values()) this.#budget.release(bytes);
    this.#writes.clear();
    for (const { call } of this.#reads.splice(0)) this.#events.finish(call, failed(reason));
    for (const call of writing) this.#events.finish(call, failed(reason));
  }

  /** Serves pending reads as far as possible, then requests more bytes. A callback may call this method again, hence the guard. */
  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#reads.length > 0 && !this.#isClosed && !this.#isReceiving) {
      if (!this.#serveFirst()) this.#receive();
    }
    this.#isServing = false;
  }

  /** Finishes the first read if possible. Returns false if it needs more bytes. */
  #serveFirst(): boolean {
    const { call, length } = this.#reads[0] as Read;
    const wanted = length === ANY_LENGTH ? this.#receivedBytes : length;
    if (this.#receivedBytes > 0 && this.#receivedBytes >= wanted) {
      this.#reads.shift();
      this.#events.finish(call, returned(this.#take(wanted)));
      return true;
    }
    if (!this.#isEnded && this.#budget.fits(1)) return false;
    this.#reads.shift();
    this.#events.finish(call, failed(this.#isEnded ? "end" : "no room"));
    if (this.#isEnded) this.#events.ended();
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
        this.#received.push(arrival.bytes);
        this.#receivedBytes += arrival.bytes.length;
        this.#budget.reserve(arrival.bytes.length);
        return this.#events.read(arrival.bytes.length);
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
    this.#events.broken(reason);
  }

  /** Removes and returns the first `count` buffered bytes. */
  #take(count: number): Uint8Array {
    this.#budget.release(count);
    this.#receivedBytes -= count;
    const [first] = this.#received;
    if (first !== undefined && first.length === count) {
      this.#received.shift();
      return first;
    }
    const all = this.#received.length === 1 ? (first as Uint8Array) : joined(this.#received);
    this.#received = all.length > count ? [all.subarray(count)] : [];
    // Not `all.slice`: on a Buffer it returns a view, which would keep the whole buffer in memory.
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
