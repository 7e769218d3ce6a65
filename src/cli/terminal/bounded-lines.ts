import type { Writable } from "node:stream";

/** Maximum number of bytes that wait for the reader of stdout or stderr. */
const UNREAD_MAX = 1024 * 1024;

/** Called when the reader reads again, with the number of lines that were dropped meanwhile. */
export type OnFlowing = (lines: number) => void;

/**
 * Lines for a stream whose reader may stop reading, such as a pipe. At most 1 MiB waits for the reader. Further lines are dropped and
 * counted until the reader has read everything that waits.
 */
export class BoundedLines {
  readonly #stream: Writable;
  readonly #onFlowing: OnFlowing;
  /** Bytes of dropped lines so far. */
  dropped = 0;
  /** Lines dropped since the reader stopped. */
  #lines = 0;

  constructor(stream: Writable, onFlowing: OnFlowing) {
    this.#stream = stream;
    this.#onFlowing = onFlowing;
  }

  /** Bytes that wait, and the limit. */
  get length(): number {
    return this.#stream.writableLength;
  }

  get limit(): number {
    return UNREAD_MAX;
  }

  write(text: string): void {
    const bytes = Buffer.byteLength(text);
    const waiting = this.#stream.writableLength;
    if (this.#lines === 0 && (waiting === 0 || waiting + bytes <= UNREAD_MAX)) {
      this.#stream.write(text);
      return;
    }
    if (this.#lines === 0) this.#stream.once("drain", () => this.#resume());
    this.#lines++;
    this.dropped += bytes;
  }

  #resume(): void {
    const lines = this.#lines;
    this.#lines = 0;
    this.#onFlowing(lines);
  }
}
