/**
 * Hashes of 64 bits for states. The hash of a state is the sum of the hashes of its rows and messages, so that a change of one row changes
 * the hash by one addition.
 */
import { keyOf } from "../../runtime/plan/values/key.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";

/** Hash of 64 bits, as two integers of 32 bits. */
export interface Digest {
  readonly low: number;
  readonly high: number;
}

const FIRST_PRIME = 0x9e3779b1;
const SECOND_PRIME = 0x85ebca6b;

/** Kinds of values, which keep `1` apart from `"1"`. */
const NUMBER = 1;
const TEXT = 2;
const LIST = 3;
const CONSTANT = 4;
const OBJECT = 5;
const ID = 6;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Hasher of a sequence of words and values. `digest` returns the hash of everything added so far. */
export class Hasher {
  #low: number;
  #high: number;

  constructor(seed: number) {
    this.#low = seed | 0;
    this.#high = ~seed | 0;
  }

  /** Adds an integer of 32 bits. */
  word(word: number): this {
    this.#low = Math.imul(this.#low ^ word, FIRST_PRIME);
    this.#low = (this.#low << 13) | (this.#low >>> 19);
    this.#high = Math.imul((this.#high ^ this.#low) + word, SECOND_PRIME);
    this.#high = (this.#high << 17) | (this.#high >>> 15);
    return this;
  }

  /** Adds a number. */
  number(number: number): this {
    double[0] = number === 0 ? 0 : number;
    return this.word(words[0] as number).word(words[1] as number);
  }

  text(text: string): this {
    this.word(text.length);
    for (let at = 0; at < text.length; at++) this.word(text.charCodeAt(at));
    return this;
  }

  value(value: Value): this {
    switch (typeof value) {
      case "number":
        return this.word(NUMBER).number(value);
      case "string":
        return this.word(TEXT).text(value);
      case "boolean":
        return this.word(CONSTANT).word(value ? 1 : 0);
      case "bigint":
        return this.word(ID).text(value.toString(16));
      default:
        return this.#object(value);
    }
  }

  #object(value: Exclude<Value, number | string | boolean | bigint>): this {
    if (value === null) return this.word(CONSTANT).word(2);
    if (Array.isArray(value)) return this.word(LIST).values(value as Values);
    return this.word(OBJECT).text(String(keyOf(value)));
  }

  values(values: Values): this {
    this.word(values.length);
    for (const value of values) this.value(value);
    return this;
  }

  digest(): Digest {
    return { low: mixed(this.#low ^ (this.#high >>> 3)), high: mixed(this.#high ^ (this.#low << 5)) };
  }
}

/** Spreads each bit over the whole word (finaliser of MurmurHash3). */
function mixed(word: number): number {
  let mix = word;
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}

/** Sum of hashes, in any order. */
export class DigestSum {
  low = 0;
  high = 0;

  add({ low, high }: Digest): void {
    this.low = (this.low + low) | 0;
    this.high = (this.high + high) | 0;
  }

  subtract({ low, high }: Digest): void {
    this.low = (this.low - low) | 0;
    this.high = (this.high - high) | 0;
  }
}

/** Returns the lowest 48 bits of the hash. */
export function numberOf({ low, high }: Digest): number {
  return (high & 0xffff) * 0x1_0000_0000 + (low >>> 0);
}

/** Returns the hash as 16 hexadecimal digits. */
export function textOf({ low, high }: Digest): string {
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
