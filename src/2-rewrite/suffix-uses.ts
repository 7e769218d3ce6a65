import type { Literal } from "../../grammar/ast.ts";
import { expressionsOfLiteral, variablesIn } from "../program/visit.ts";
import { returnsOf } from "./call-context.ts";
import { callsRandomFunction } from "./inline-call.ts";

/**
 * Tells whether the last literals of a body use a variable or a random function. A rule is divided at each of its calls, and each division
 * asks about the literals after the call. The body is read only once for all divisions.
 */
export class SuffixUses {
  readonly #body: readonly Literal[];
  #positions: ReadonlyMap<string, number> | undefined;
  #lastRandom: number | undefined;

  constructor(body: readonly Literal[]) {
    this.#body = body;
  }

  /** Whether the last `length` literals use the variable. */
  has(name: string, length: number): boolean {
    this.#positions ??= lastPositions(this.#body);
    return (this.#positions.get(name) ?? -1) >= this.#body.length - length;
  }

  /** Whether the last `length` literals call a function with random results. */
  callsRandomFunction(length: number): boolean {
    this.#lastRandom ??= this.#body.findLastIndex((literal) => callsRandomFunction([], [literal]));
    return this.#lastRandom >= this.#body.length - length;
  }
}

/** Returns the position of the last literal that uses each variable. */
function lastPositions(body: readonly Literal[]): ReadonlyMap<string, number> {
  return new Map(body.flatMap((literal, at) => variablesOfLiteral(literal).map((name) => [name, at] as const)));
}

/** Returns the variables of a literal, including variables for the results of a call. */
export function variablesOfLiteral(literal: Literal): readonly string[] {
  const returned = literal.kind === "predicate" ? returnsOf(literal) : [];
  return [...expressionsOfLiteral(literal), ...returned].flatMap((one) => variablesIn(one).map(({ name }) => name));
}
