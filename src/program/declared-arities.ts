import type { Span } from "../../grammar/span.ts";
import type { Program, TableDeclaration } from "./program.ts";

/** Number of columns that a statement declares. */
export interface DeclaredArity {
  readonly arity: number;
  readonly span: Span;
}

/** Returns the first signature of each predicate, or else its first `accept`. */
export function declaredArities({ signatures, accepts }: Program): ReadonlyMap<string, DeclaredArity> {
  return new Map(
    [...accepts.toReversed(), ...signatures.toReversed()].map(({ name, types, span }) => [
      name,
      { arity: types.length, span },
    ]),
  );
}

/** Least number of columns of a table: the position of the last column in its key. */
export function keyColumnsOf(table: TableDeclaration | undefined): number {
  return (table?.keys ?? []).reduce((most, column) => Math.max(most, column + 1), 0);
}
