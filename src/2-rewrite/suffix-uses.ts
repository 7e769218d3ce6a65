import type { Literal } from "../../grammar/ast.ts";
import { expressionsOfLiteral, variablesIn } from "../program/visit.ts";
import { returnsOf } from "./call-context.ts";
import { callsRandomFunction } from "./inline-call.ts";

/**
 * Uses of variables and random functions in the last literals of a body. A rule with calls is divided at each call, and each division
 * needs the uses after the call, so the body is read only once.
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

/** Returns the variables of a literal, those that a call returns included. */
export function variablesOfLiteral(literal: Literal): readonly string[] {
  const returned = literal.kind === "predicate" ? returnsOf(literal) : [];
  return [...expressionsOfLiteral(literal), ...returned].flatMap((one) => variablesIn(one).map(({ name }) => name));
}
