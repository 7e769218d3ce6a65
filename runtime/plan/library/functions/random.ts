import type { Ambient, FunctionSpec } from "../../contract/function-spec.ts";
import type { Maybe } from "../../values/value.ts";
import { defineImpure } from "./define.ts";

const RAND_MAX: number = 2 ** 31;

/** Time and chance. Draws come from the stream of the rule that calls. */
export const randomFunctions: readonly FunctionSpec[] = [
  /** f_now(): seconds since this node began, the same all through a step: a time of one node says nothing to another. */
  defineImpure("f_now", 0, ["number"], (ambient) => ambient.now()),
  /** f_rand(): a whole number from 0, below 2^31. f_rand(N): below N. Fails when N is no whole number above 0. */
  defineImpure("f_rand", [0, 1], ["number"], wholeBelow),
  /** f_drand(): from 0, below 1. f_drand(Low, High): from Low, below High. */
  defineImpure("f_drand", [0, 2], ["number"], between),
  /** f_randID(): an id, each as likely as any other. */
  defineImpure("f_randID", 0, ["id"], (ambient) => ambient.randomId()),
  /** f_idgen(): an id that nobody has had before, for all that chance can promise. */
  defineImpure("f_idgen", 0, ["id"], (ambient) => ambient.randomId()),
  /** f_coinFlip(P): 1 with probability P, else 0. */
  defineImpure("f_coinFlip", 1, ["number"], coinFlip),
];

function wholeBelow(ambient: Ambient, limit: Maybe = RAND_MAX): Maybe {
  if (!Number.isSafeInteger(limit) || (limit as number) < 1) return undefined;
  return Math.floor(ambient.random() * (limit as number));
}

function between(ambient: Ambient, low: Maybe = 0, high: Maybe = 1): Maybe {
  if (typeof low !== "number" || typeof high !== "number") return undefined;
  const width = high - low;
  return width >= 0 && width < Infinity ? low + ambient.random() * width : undefined;
}

function coinFlip(ambient: Ambient, probability: Maybe): Maybe {
  return typeof probability === "number" ? Number(ambient.random() < probability) : undefined;
}
