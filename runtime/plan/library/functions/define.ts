import { typeBit } from "../../values/column-type.ts";
import type { Ambient, FunctionSpec } from "../../contract/function-spec.ts";
import type { Kind, Maybe } from "../../values/value.ts";

/** How many arguments: so many, or from the one to the other. */
export type Arity = number | readonly [min: number, max: number];

/** A function of its arguments alone. `kinds` is every kind of value it can give, or nothing when that can be any. */
export function define(
  name: string,
  arity: Arity,
  kinds: readonly Kind[],
  call: (...args: readonly Maybe[]) => Maybe,
): FunctionSpec {
  return { ...signature(name, arity, kinds), pure: true, call: (_, args) => call(...args) };
}

/** A function that also asks the node: for the time, for chance, for where a tuple came from. */
export function defineImpure(
  name: string,
  arity: Arity,
  kinds: readonly Kind[],
  call: (ambient: Ambient, ...args: readonly Maybe[]) => Maybe,
): FunctionSpec {
  return { ...signature(name, arity, kinds), pure: false, call: (ambient, args) => call(ambient, ...args) };
}

function signature(
  name: string,
  arity: Arity,
  kinds: readonly Kind[],
): Pick<FunctionSpec, "name" | "minArgs" | "maxArgs" | "result"> {
  const [minArgs, maxArgs] = typeof arity === "number" ? [arity, arity] : arity;
  return { name, minArgs, maxArgs, result: kinds.reduce((bits, kind) => bits | typeBit(kind), 0) };
}
