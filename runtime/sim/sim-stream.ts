import type { Received, ByteStream, Sent } from "../world/streams.ts";
import type { StreamPipe } from "./stream-pipe.ts";

/** Bytes that may be on their way to, or wait at, an end that does not read them. */
const WINDOW_BYTES = 65_536;
const PIECE_BYTES = 16_384;

interface Sending {
  readonly bytes: Uint8Array;
  readonly sent: (outcome: Sent) => void;
  /** How many of them are on their way. */
  gone: number;
}

/** One end of a simulated connection. */
export class SimStream implements ByteStream {
  readonly peer: string;
  /** Told of bytes that arrive here. */
  readonly #traced: (bytes: Uint8Array) => void;
  /** Told once, when there is nothing left to do. */
  readonly #over: () => void;
  #pipe: StreamPipe | undefined;
  #far: SimStream | undefined;
  #waiting: Uint8Array[] = [];
  #arrived: ((arrival: Received) => void) | undefined;
  #sending: Sending[] = [];
  /** Sent, and not read by the far end as far as this one knows. */
  #unread = 0;
  #isEnded = false;
  #problem: string | undefined;
  #isClosed = false;

  constructor(peer: string, traced: (bytes: Uint8Array) => void, over: () => void) {
    this.peer = peer;
    this.#traced = traced;
    this.#over = over;
  }

  /** `pipe` leads to the far end. */
  join(far: SimStream, pipe: StreamPipe): void {
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
    if (this.#problem !== undefined) return sent({ ok: false, reason: this.#problem });
    this.#sending.push({ bytes, sent, gone: 0 });
    this.#pump();
  }

  /** What has come and was not read makes it a reset, as kernels do. */
  close(): void {
    this.end(this.#waiting.length > 0);
  }

  /** The end is no more; the far one hears that nothing comes, or that the connection was reset. */
  end(isReset: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#over();
    if (this.#problem !== undefined) return;
    const far = this.#far;
    this.#pipe?.push(0, () => (isReset ? far?.break("reset") : far?.finish()));
  }

  /** The far end sends nothing more. */
  finish(): void {
    if (this.#isClosed) return;
    this.#isEnded = true;
    this.#deliver();
  }

  break(reason: string): void {
    if (this.#isClosed || this.#problem !== undefined) return;
    this.#problem = reason;
    this.#over();
    for (const { sent } of this.#sending.splice(0)) sent({ ok: false, reason });
    this.#deliver();
  }

  /** Sends as much as the far end has room for. */
  #pump(): void {
    for (let first = this.#sending[0]; first !== undefined; first = this.#sending[0]) {
      const size = Math.min(first.bytes.length - first.gone, PIECE_BYTES, WINDOW_BYTES - this.#unread);
      if (size > 0) this.#emit(first.bytes.slice(first.gone, first.gone + size));
      first.gone += size;
      if (first.gone < first.bytes.length && size === 0) return;
      if (first.gone < first.bytes.length) continue;
      this.#sending.shift();
      first.sent({ ok: true });
    }
  }

  #emit(bytes: Uint8Array): void {
    const far = this.#far;
    this.#unread += bytes.length;
    this.#pipe?.push(bytes.length, () => far?.take(bytes));
  }

  /** Bytes of the far end have come. */
  take(bytes: Uint8Array): void {
    const far = this.#far;
    if (this.#isClosed) return this.#pipe?.push(0, () => far?.break("reset"));
    this.#traced(bytes);
    this.#waiting.push(bytes);
    this.#deliver();
  }

  #deliver(): void {
    const arrived = this.#arrived;
    const arrival = arrived === undefined || this.#isClosed ? undefined : this.#next();
    if (arrived === undefined || arrival === undefined) return;
    this.#arrived = undefined;
    if (arrival.kind === "bytes") this.#taken(arrival.bytes.length);
    arrived(arrival);
  }

  #next(): Received | undefined {
    if (this.#problem !== undefined) return { kind: "broken", reason: this.#problem };
    if (this.#waiting.length > 0) return { kind: "bytes", bytes: Buffer.concat(this.#waiting) };
    return this.#isEnded ? { kind: "end" } : undefined;
  }

  #taken(count: number): void {
    this.#waiting = [];
    const far = this.#far;
    this.#pipe?.push(0, () => far?.credit(count));
  }

  /** The far end has read so many bytes. */
  credit(count: number): void {
    if (this.#isClosed) return;
    this.#unread -= count;
    this.#pump();
  }
}
