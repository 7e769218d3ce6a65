import { hash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** Reproducible sequence of random numbers. Predictable, so not for secrets. */
export class RandomStream {
  #generator: RandomGenerator;
  #drawn = 0;
  #initial: readonly number[];

  /** `state` must be four 32-bit integers that are not all zero. */
  constructor(state: readonly number[]) {
    this.#initial = state;
    this.#generator = xoroshiro128plusFromState(state);
  }

  /** Number of values drawn so far. Equal numbers of one stream mean equal states. */
  get drawn(): number {
    return this.#drawn;
  }

  /** Returns a function that sets the stream back to its present state. */
  save(): () => void {
    const drawn = this.#drawn;
    const generator = this.#generator.clone();
    return () => {
      // Equal numbers of drawn values mean equal states.
      if (this.#drawn === drawn) return;
      this.#drawn = drawn;
      this.#generator = generator.clone();
    };
  }

  /** Sets the stream back to its initial state. */
  reset(): void {
    this.#drawn = 0;
    this.#generator = xoroshiro128plusFromState(this.#initial);
  }

  /** Makes the initial state of another stream that of this one, and sets this stream back to it. */
  become(other: RandomStream): void {
    this.#initial = other.#initial;
    this.reset();
  }

  /** Returns a uniform number in [0, 1), with 53 random bits. */
  next(): number {
    this.#drawn++;
    return uniformFloat64(this.#generator);
  }

  /** Returns a uniform integer from 0 to `n` - 1. `n` must not exceed 2^53. */
  integer(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Returns a random id of 160 bits. */
  id160(): bigint {
    this.#drawn++;
    let id = 0n;
    for (let word = 0; word < 5; word++) id = (id << 32n) | BigInt(this.#generator.next() >>> 0);
    return id;
  }
}

/** Returns the stream for a seed and a name. Streams of different names are independent. */
export function streamOf(seed: number, name: string): RandomStream {
  const digest = hash("sha1", `${seed} ${name}`, "buffer");
  return new RandomStream([0, 4, 8, 12].map((at) => digest.readInt32BE(at)));
}

/** Random streams of one node by name. There is one stream per name: a later caller continues its sequence. */
export class RandomStreams {
  #seed: number;
  readonly #streams = new Map<string, RandomStream>();
  /** The latest result of `save`, and the number of values that all streams had drawn then. */
  #saved: { readonly drawn: number; readonly count: number; readonly restore: () => void } | undefined;

  constructor(seed: number) {
    this.#seed = seed;
  }

  stream(name: string): RandomStream {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const stream = streamOf(this.#seed, name);
    this.#streams.set(name, stream);
    return stream;
  }

  /** Begins all streams anew, as those of another seed. */
  reseed(seed: number): void {
    this.#seed = seed;
    this.#saved = undefined;
    for (const [name, stream] of this.#streams) stream.become(streamOf(seed, name));
  }

  /** The streams by name. */
  get all(): ReadonlyMap<string, RandomStream> {
    return this.#streams;
  }

  /** Returns a function that sets all streams back to their present states. */
  save(): () => void {
    let drawn = 0;
    for (const stream of this.#streams.values()) drawn += stream.drawn;
    const count = this.#streams.size;
    if (this.#saved?.drawn === drawn && this.#saved.count === count) return this.#saved.restore;
    const restores = [...this.#streams.values()].map((stream) => stream.save());
    const restore = (): void => {
      for (const one of restores) one();
      for (const stream of [...this.#streams.values()].slice(count)) stream.reset();
      this.#saved = saved;
    };
    const saved = { drawn, count, restore };
    this.#saved = saved;
    return restore;
  }
}
