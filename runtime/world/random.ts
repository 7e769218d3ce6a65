import { hash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** A reproducible sequence of random draws. Not for secrets. */
export class RandomStream {
  readonly #generator: RandomGenerator;

  /** `state` is four 32-bit integers, not all zero. */
  constructor(state: readonly number[]) {
    this.#generator = xoroshiro128plusFromState(state);
  }

  /** Evenly from 0 up to but without 1, with 53 random bits. */
  next(): number {
    return uniformFloat64(this.#generator);
  }

  /** A whole number from 0 up to but without `n`; `n` is at most 2^53. */
  integer(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** An id: 160 bits. */
  id160(): bigint {
    let id = 0n;
    for (let word = 0; word < 5; word++) id = (id << 32n) | BigInt(this.#generator.next() >>> 0);
    return id;
  }
}

/** The stream that `seed` and `name` stand for; streams of different names have nothing to do with one another. */
export function streamOf(seed: number, name: string): RandomStream {
  const digest = hash("sha1", `${seed} ${name}`, "buffer");
  return new RandomStream([0, 4, 8, 12].map((at) => digest.readInt32BE(at)));
}

/** The streams of one node by name. Each is made once, and goes on where it was for whoever asks again. */
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
