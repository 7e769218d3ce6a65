import { type RandomStream, streamOf } from "../../runtime/world/random.ts";

/** Draws of a random program: the same seed gives the same program and the same commands. */
export class Chance {
  readonly #stream: RandomStream;

  constructor(seed: number, name: string) {
    this.#stream = streamOf(seed, name);
  }

  /** True so many times in a hundred. */
  percent(percent: number): boolean {
    return this.#stream.integer(100) < percent;
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.#stream.integer(high - low + 1);
  }

  /** One of them, which there must be. */
  pick<T>(from: readonly T[]): T {
    return from[this.#stream.integer(from.length)] as T;
  }

  /** Each of them with the same chance, in their order. */
  some<T>(from: readonly T[], percent: number): readonly T[] {
    return from.filter(() => this.percent(percent));
  }

  times<T>(low: number, high: number, make: (at: number) => T): readonly T[] {
    return Array.from({ length: this.between(low, high) }, (_, at) => make(at));
  }
}
