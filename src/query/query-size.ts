import type { Rule } from "../../grammar/ast.ts";
import { expressionsOfAtom, expressionsOfLiteral, partsOfAll } from "../program/visit.ts";

/** Limit of a query that its rule exceeds: the number allowed and the noun. */
export interface ExceededSize {
  readonly most: number;
  readonly things: "literals" | "operators" | "expressions";
}

/** A node compiles a query between two steps, so the size of a query is limited to what compiles in a tenth of a second. */
const MOST_LITERALS = 256;
const MOST_OPERATORS = 400;
const MOST_EXPRESSIONS = 2000;

const OPERATORS: ReadonlySet<string> = new Set(["binary", "unary", "conditional", "interval"]);

/** Returns the limit that the rule of a query exceeds; undefined if it is small enough. */
export function exceededSize({ head, body }: Rule): ExceededSize | undefined {
  if (body.length > MOST_LITERALS) return { most: MOST_LITERALS, things: "literals" };
  const expressions = partsOfAll([...expressionsOfAtom(head), ...body.flatMap(expressionsOfLiteral)]);
  // An aggregate without an operand is a column without an expression.
  if (Math.max(expressions.length, head.args.length) > MOST_EXPRESSIONS)
    return { most: MOST_EXPRESSIONS, things: "expressions" };
  const operators = expressions.filter(({ kind }) => OPERATORS.has(kind));
  return operators.length > MOST_OPERATORS ? { most: MOST_OPERATORS, things: "operators" } : undefined;
}
