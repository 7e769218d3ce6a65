import { type RandomStream, streamOf } from "../../runtime/world/random.ts";

/** Random choices from a seed: the same seed gives the same program and the same commands. */
export class Chance {
  readonly #stream: RandomStream;

  constructor(seed: number, name: string) {
    this.#stream = streamOf(seed, name);
  }

  /** Returns true with a probability in percent. */
  percent(percent: number): boolean {
    return this.#stream.integer(100) < percent;
  }

  /** Returns a whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.#stream.integer(high - low + 1);
  }

  /** Returns one of the items. There must be one. */
  pick<T>(from: readonly T[]): T {
    return from[this.#stream.integer(from.length)] as T;
  }

  /** Returns each item with the same probability, in order. */
  some<T>(from: readonly T[], percent: number): readonly T[] {
    return from.filter(() => this.percent(percent));
  }

  times<T>(low: number, high: number, make: (at: number) => T): readonly T[] {
    return Array.from({ length: this.between(low, high) }, (_, at) => make(at));
  }
}
