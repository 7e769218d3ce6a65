/**
 * One end of a TCP connection in the simulator: send queue, window and receive queue. `send` -> #pump -> the StreamPipe to the
 * far end -> `take` there -> the receiver. Reading opens the window again by `credit`.
 */
import type { Received, ByteStream, Sent } from "../world/streams.ts";
import type { Pipe } from "./stream-pipe.ts";

/** Receive window of each end: greatest number of bytes in flight to it and unread at it. Then: greatest number of bytes sent at once. */
const WINDOW_BYTES = 65_536;
const CHUNK_BYTES = 16_384;

interface Sending {
  readonly bytes: Uint8Array;
  /** Whether the sender closes its direction after these bytes. */
  readonly isLast: boolean;
  readonly sent: (outcome: Sent) => void;
  /** Number of bytes that have been sent. */
  emitted: number;
}

/** One end of a simulated TCP connection, with flow control by a window. SimStreams creates both ends. */
export class SimStream implements ByteStream {
  readonly peer: string;
  /** Called with bytes that arrive here. */
  readonly #onBytes: (bytes: Uint8Array) => void;
  /** Called once, when the end is closed or broken. */
  readonly #onClosed: () => void;
  #pipe: Pipe | undefined;
  #far: SimStream | undefined;
  #waiting: Uint8Array[] = [];
  #arrived: ((arrival: Received) => void) | undefined;
  #sending: Sending[] = [];
  /** Bytes sent and not yet acknowledged as read by the far end. */
  #unread = 0;
  #isEnded = false;
  #failure: string | undefined;
  #isClosed = false;

  constructor(peer: string, onBytes: (bytes: Uint8Array) => void, onClosed: () => void) {
    this.peer = peer;
    this.#onBytes = onBytes;
    this.#onClosed = onClosed;
  }

  /** Connects this end to the far end. `pipe` carries bytes to the far end. */
  join(far: SimStream, pipe: Pipe): void {
    this.#far = far;
    this.#pipe = pipe;
  }

  receive(arrived: (arrival: Received) => void): void {
    this.#arrived = arrived;
    this.#deliver();
  }

  withdraw(): void {
    this.#arrived = undefined;
  }

  send(bytes: Uint8Array, sent: (outcome: Sent) => void): void {
    if (this.#failure !== undefined) return sent({ ok: false, reason: this.#failure });
    this.#sending.push({ bytes, isLast: false, sent, emitted: 0 });
    this.#pump();
  }

  shutdown(sent: (outcome: Sent) => void): void {
    if (this.#failure !== undefined) return sent({ ok: false, reason: this.#failure });
    this.#sending.push({ bytes: new Uint8Array(), isLast: true, sent, emitted: 0 });
    this.#pump();
  }

  /** Closes the end. Unread bytes turn the close into a reset, as in real kernels. */
  close(): void {
    this.end(this.#waiting.length > 0);
  }

  /** Closes this end, and signals end of stream or a reset to the far end. */
  end(isReset: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
    if (this.#failure !== undefined) return;
    const far = this.#far;
    this.#pipe?.push(0, () => (isReset ? far?.break("reset") : far?.finish()));
  }

  #finishFar(): void {
    const far = this.#far;
    this.#pipe?.push(0, () => far?.finish());
  }

  /** The far end has closed its sending direction: end of stream. */
  finish(): void {
    if (this.#isClosed) return;
    this.#isEnded = true;
    this.#deliver();
  }

  break(reason: string): void {
    if (this.#isClosed || this.#failure !== undefined) return;
    this.#failure = reason;
    this.#onClosed();
    for (const { sent } of this.#sending.splice(0)) sent({ ok: false, reason });
    this.#deliver();
  }

  /** Sends as much as the far end has room for. */
  #pump(): void {
    for (let first = this.#sending[0]; first !== undefined; first = this.#sending[0]) {
      const size = Math.min(first.bytes.length - first.emitted, CHUNK_BYTES, WINDOW_BYTES - this.#unread);
      if (size > 0) this.#emit(first.bytes.slice(first.emitted, first.emitted + size));
      first.emitted += size;
      if (first.emitted < first.bytes.length && size === 0) return;
      if (first.emitted < first.bytes.length) continue;
      this.#sending.shift();
      if (first.isLast) this.#finishFar();
      first.sent({ ok: true });
    }
  }

  #emit(bytes: Uint8Array): void {
    const far = this.#far;
    this.#unread += bytes.length;
    this.#pipe?.push(bytes.length, () => far?.take(bytes));
  }

  /** Receives bytes of the far end. A closed end answers with a reset. */
  take(bytes: Uint8Array): void {
    const far = this.#far;
    if (this.#isClosed) return this.#pipe?.push(0, () => far?.break("reset"));
    this.#onBytes(bytes);
    this.#waiting.push(bytes);
    this.#deliver();
  }

  #deliver(): void {
    const arrived = this.#arrived;
    const arrival = arrived === undefined || this.#isClosed ? undefined : this.#next();
    if (arrived === undefined || arrival === undefined) return;
    this.#arrived = undefined;
    if (arrival.kind === "bytes") this.#acknowledge(arrival.bytes.length);
    arrived(arrival);
  }

  #next(): Received | undefined {
    if (this.#failure !== undefined) return { kind: "broken", reason: this.#failure };
    if (this.#waiting.length > 0) return { kind: "bytes", bytes: Buffer.concat(this.#waiting) };
    return this.#isEnded ? { kind: "end" } : undefined;
  }

  #acknowledge(count: number): void {
    this.#waiting = [];
    const far = this.#far;
    this.#pipe?.push(0, () => far?.credit(count));
  }

  /** Adds to the window the number of bytes that the far end has read. */
  credit(count: number): void {
    if (this.#isClosed) return;
    this.#unread -= count;
    this.#pump();
  }
}
