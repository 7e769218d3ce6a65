import type { Ambient, FunctionSpec } from "../../contract/function-spec.ts";
import type { Maybe } from "../../values/value.ts";
import { defineImpure } from "./define.ts";

const RAND_MAX: number = 2 ** 31;

/** Largest result of f_random. */
const BYTES_MAX = 65_536;

/** Functions of time and randomness. Random numbers come from the stream of the calling rule. */
export const randomFunctions: readonly FunctionSpec[] = [
  /** f_now(): seconds since this node started, constant within a step. Times of different nodes are not comparable. */
  defineImpure("f_now", 0, ["number"], (ambient) => ambient.now()),
  /** f_rand(): a random integer from 0, below 2^31. f_rand(N): one from 0, below N. Fails if N is not a positive integer. */
  defineImpure("f_rand", [0, 1], ["number"], integerBelow),
  /** f_drand(): a random number from 0, below 1. f_drand(Low, High): one from Low, below High. */
  defineImpure("f_drand", [0, 2], ["number"], between),
  /** f_randID(): a random id. All ids are equally likely. */
  defineImpure("f_randID", 0, ["id"], (ambient) => ambient.randomId()),
  /** f_idgen(): a random id, used as a unique one: a collision of 160 random bits is not to be expected. */
  defineImpure("f_idgen", 0, ["id"], (ambient) => ambient.randomId()),
  /** f_random(N): N random bytes, at most 65,536. They are predictable: for keys and nonces use secrets and f_seal. */
  defineImpure("f_random", 1, ["bytes"], bytesOfStream),
  /** f_coinFlip(P): 1 with probability P, 0 otherwise. */
  defineImpure("f_coinFlip", 1, ["number"], coinFlip),
];

function integerBelow(ambient: Ambient, limit: Maybe = RAND_MAX): Maybe {
  if (!Number.isSafeInteger(limit) || (limit as number) < 1) return undefined;
  return Math.floor(ambient.random() * (limit as number));
}

function bytesOfStream(ambient: Ambient, count: Maybe): Maybe {
  if (!Number.isInteger(count) || (count as number) < 0 || (count as number) > BYTES_MAX) return undefined;
  return Uint8Array.from({ length: count as number }, () => Math.floor(ambient.random() * 256));
}

function between(ambient: Ambient, low: Maybe = 0, high: Maybe = 1): Maybe {
  if (typeof low !== "number" || typeof high !== "number") return undefined;
  const width = high - low;
  return width >= 0 && width < Infinity ? low + ambient.random() * width : undefined;
}

function coinFlip(ambient: Ambient, probability: Maybe): Maybe {
  return typeof probability === "number" ? Number(ambient.random() < probability) : undefined;
}
