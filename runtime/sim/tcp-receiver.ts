import type { Clock, Timer } from "../world/world.ts";

/** Greatest delay of an acknowledgement, as in Linux. RFC 5681 allows half a second. */
const DELAY_SECONDS = 0.04;

/** Bytes beyond a gap. */
interface Block {
  readonly start: number;
  readonly end: number;
}

/**
 * Receiving side of a TCP connection: puts segments in order and acknowledges every second one, or after 40 ms (RFC 5681, section 4.2). A
 * segment out of order is acknowledged at once. The application reads at once, so the receive window stays open.
 */
export class TcpReceiver {
  readonly #clock: Clock;
  readonly #window: number;
  readonly #acknowledge: (next: number) => void;
  readonly #onBytes: (bytes: number) => void;
  readonly #onEnd: () => void;
  /** Next expected byte. */
  #next = 1;
  /** Sequence number of the FIN. */
  #end: number | undefined;
  #hasEnded = false;
  /** Blocks beyond the next expected byte, in ascending order, not adjacent. */
  #blocks: readonly Block[] = [];
  #unacknowledged = 0;
  #timer: Timer | undefined;

  /** `window` is in bytes. `acknowledge` sends an acknowledgement, `onEnd` is called when all bytes before the FIN are there. */
  constructor(
    clock: Clock,
    window: number,
    acknowledge: (next: number) => void,
    onBytes: (bytes: number) => void,
    onEnd: () => void,
  ) {
    this.#clock = clock;
    this.#window = window;
    this.#acknowledge = acknowledge;
    this.#onBytes = onBytes;
    this.#onEnd = onEnd;
  }

  /** Takes a segment with data or a FIN. */
  take(sequence: number, length: number, isFin: boolean): void {
    if (isFin) this.#end = sequence + length;
    const end = sequence + length + (isFin ? 1 : 0);
    const isInOrder = sequence <= this.#next && end > this.#next;
    const hadBlocks = this.#blocks.length > 0;
    if (end > this.#next && end <= this.#next + this.#window) this.#add({ start: sequence, end });
    if (!isInOrder || hadBlocks || isFin || ++this.#unacknowledged >= 2) this.#acknowledgeNow();
    else
      this.#timer ??= this.#clock.at(this.#clock.now() + DELAY_SECONDS, () => {
        this.#timer = undefined;
        this.#acknowledgeNow();
      });
  }

  #acknowledgeNow(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#unacknowledged = 0;
    this.#acknowledge(this.#next);
  }

  #add(added: Block): void {
    const apart = this.#blocks.filter(({ start, end }) => end < added.start || start > added.end);
    const joined = this.#blocks.filter(({ start, end }) => end >= added.start && start <= added.end);
    const block = {
      start: joined.reduce((least, { start }) => Math.min(least, start), added.start),
      end: joined.reduce((most, { end }) => Math.max(most, end), added.end),
    };
    const [first, ...rest] = [...apart, block].sort((one, other) => one.start - other.start);
    if (first === undefined || first.start > this.#next) {
      this.#blocks = first === undefined ? [] : [first, ...rest];
      return;
    }
    this.#blocks = rest;
    this.#moveTo(first.end);
  }

  #moveTo(next: number): void {
    const isEnd = this.#end !== undefined && next > this.#end && !this.#hasEnded;
    const bytes = next - this.#next - (isEnd ? 1 : 0);
    this.#next = next;
    if (bytes > 0) this.#onBytes(bytes);
    if (!isEnd) return;
    this.#hasEnded = true;
    this.#onEnd();
  }
}
