import { typeBit } from "../../values/column-type.ts";
import type { Ambient, FunctionSpec } from "../../contract/function-spec.ts";
import type { Kind, Maybe } from "../../values/value.ts";

/** Number of arguments, or the smallest and largest number. */
export type Arity = number | readonly [min: number, max: number];

/** Defines a pure function of at most three arguments. `kinds` lists every kind of result; an empty list stands for all kinds. */
export function define(
  name: string,
  arity: Arity,
  kinds: readonly Kind[],
  call: (first: Maybe, second: Maybe, third: Maybe) => Maybe,
): FunctionSpec {
  const spec = signature(name, arity, kinds);
  if (spec.maxArgs > 3) throw new Error(`${name} has more than three arguments: use defineVariadic`);
  return { ...spec, pure: true, call: (_, args) => call(args[0], args[1], args[2]) };
}

/** Like `define`, for a function of any number of arguments, which the function gets as a list. */
export function defineVariadic(
  name: string,
  arity: Arity,
  kinds: readonly Kind[],
  call: (args: readonly Maybe[]) => Maybe,
): FunctionSpec {
  return { ...signature(name, arity, kinds), pure: true, call: (_, args) => call(args) };
}

/** Defines a function of at most two arguments that also reads the clock, randomness or sender of the step. */
export function defineImpure(
  name: string,
  arity: Arity,
  kinds: readonly Kind[],
  call: (ambient: Ambient, first: Maybe, second: Maybe) => Maybe,
): FunctionSpec {
  return { ...signature(name, arity, kinds), pure: false, call: (ambient, args) => call(ambient, args[0], args[1]) };
}

/** Like `defineImpure`, for a function of any number of arguments, which the function gets as a list. */
export function defineImpureVariadic(
  name: string,
  arity: Arity,
  kinds: readonly Kind[],
  call: FunctionSpec["call"],
): FunctionSpec {
  return { ...signature(name, arity, kinds), pure: false, call };
}

function signature(
  name: string,
  arity: Arity,
  kinds: readonly Kind[],
): Pick<FunctionSpec, "name" | "minArgs" | "maxArgs" | "result"> {
  const [minArgs, maxArgs] = typeof arity === "number" ? [arity, arity] : arity;
  return { name, minArgs, maxArgs, result: kinds.reduce((bits, kind) => bits | typeBit(kind), 0) };
}
