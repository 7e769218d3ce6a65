import { hash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** Reproducible sequence of random numbers. Predictable, so not for secrets. */
export class RandomStream {
  readonly #generator: RandomGenerator;

  /** `state` must be four 32-bit integers that are not all zero. */
  constructor(state: readonly number[]) {
    this.#generator = xoroshiro128plusFromState(state);
  }

  /** Returns a uniform number in [0, 1), with 53 random bits. */
  next(): number {
    return uniformFloat64(this.#generator);
  }

  /** Returns a uniform integer from 0 to `n` - 1. `n` must not exceed 2^53. */
  integer(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Returns a random id of 160 bits. */
  id160(): bigint {
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
  readonly #seed: number;
  readonly #streams = new Map<string, RandomStream>();

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
}
