import type { ProgressCounts } from "../../../lab/explorer/outcome.ts";
import { countOf } from "../../../runtime/plan/values/count-of.ts";

const SHOWN_EVERY_MS = 500;
const ERASE_LINE = "\r\u001b[2K";

/** Line on a terminal that says how far a search has come. Elsewhere nothing is written. */
export class SearchProgress {
  readonly #stream: Pick<NodeJS.WriteStream, "isTTY" | "write">;
  readonly #start = performance.now();
  readonly #every: number;
  #shownAt = 0;

  /** The line is written at most once in `every` milliseconds. */
  constructor(stream: Pick<NodeJS.WriteStream, "isTTY" | "write">, every: number = SHOWN_EVERY_MS) {
    this.#stream = stream;
    this.#every = every;
  }

  show({ states, deepest, schedules }: ProgressCounts): void {
    const now = performance.now() - this.#start;
    if (!this.#stream.isTTY || now < this.#shownAt + this.#every) return;
    this.#shownAt = now;
    const counts = [
      ...(schedules > 0 ? [countOf(schedules, "schedule")] : []),
      countOf(states, "state"),
      ...(deepest > 0 ? [`depth ${deepest}`] : []),
      `${(now / 1000).toFixed(0)} s`,
    ];
    this.#stream.write(`${ERASE_LINE}${counts.join(", ")}`);
  }

  /** Erases the line. */
  finish(): void {
    if (this.#stream.isTTY && this.#shownAt > 0) this.#stream.write(ERASE_LINE);
  }
}
