import type { Binary, BinaryOperator, Expression, Interval } from "./ast.ts";
import { joinSpans, type Span } from "./span.ts";

/** `in` with its bounds, or a binary operator with what stands to its right. */
export type Link =
  | { readonly operator: BinaryOperator; readonly right: Expression }
  | { readonly operator: "in"; readonly bounds: Bounds };

/** `(A, B]` */
export interface Bounds {
  readonly low: Expression;
  readonly high: Expression;
  readonly includesLow: boolean;
  readonly includesHigh: boolean;
  readonly span: Span;
}

/** From the loosest to the tightest; all of them associate to the left. */
const LEVELS: readonly (readonly (BinaryOperator | "in")[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", "<=", ">", ">=", "in"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];

const PRECEDENCE: ReadonlyMap<string, number> = new Map(
  LEVELS.flatMap((operators, level) => operators.map((operator) => [operator, level + 1] as const)),
);

/** How tightly an operator binds: 1 is `||`. */
export function precedence(operator: BinaryOperator | "in"): number {
  return PRECEDENCE.get(operator) ?? 0;
}

const FLAT: ReadonlyMap<string, number> = new Map([
  ["||", 1],
  ["&&", 2],
  ...["==", "!=", "<", "<=", ">", ">=", "in"].map((operator) => [operator, 3] as const),
]);
const FLAT_ARITHMETIC = 4;

/** As `precedence` where all operators that compute have one: what they join is read from left to right. */
export function flat(operator: BinaryOperator | "in"): number {
  return FLAT.get(operator) ?? FLAT_ARITHMETIC;
}

/** As `precedence`, with the shifts above `+` and `-`: what some expect of an unparenthesised mix. */
export function shiftsFirst(operator: BinaryOperator | "in"): number {
  if (operator === "<<" || operator === ">>") return precedence("+");
  return operator === "+" || operator === "-" ? precedence("<<") : precedence(operator);
}

/** The tree of `first operator right operator right ...` under the precedences given. */
export function grouped(
  first: Expression,
  links: readonly Link[],
  binds: (operator: BinaryOperator | "in") => number,
): Expression {
  const operands: Expression[] = [first];
  const waiting: Waiting[] = [];
  for (const link of links) {
    while (binds(waiting.at(-1)?.operator ?? "||") >= binds(link.operator) && waiting.length > 0)
      reduce(operands, waiting);
    if (link.operator === "in") operands.push(interval(operands.pop() as Expression, link.bounds));
    else {
      waiting.push(link);
      operands.push(link.right);
    }
  }
  while (waiting.length > 0) reduce(operands, waiting);
  return operands[0] as Expression;
}

type Waiting = Exclude<Link, { readonly operator: "in" }>;

function reduce(operands: Expression[], waiting: Waiting[]): void {
  const { operator } = waiting.pop() as Waiting;
  const right = operands.pop() as Expression;
  operands.push(binary(operator, operands.pop() as Expression, right));
}

function binary(operator: BinaryOperator, left: Expression, right: Expression): Binary {
  return { kind: "binary", operator, left, right, span: joinSpans(left.span, right.span) };
}

function interval(value: Expression, { span, ...bounds }: Bounds): Interval {
  return { kind: "interval", value, ...bounds, span: joinSpans(value.span, span) };
}

/**
 * The stretches of a text that mix shifts with sums and no brackets, as [operand, links]. Operators that bind more
 * loosely than a shift end a stretch.
 */
export function shiftMixes(
  first: Expression,
  links: readonly Link[],
  binds: (operator: BinaryOperator | "in") => number,
): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let stretch: { first: Expression; links: Waiting[] } = { first, links: [] };
  for (const link of links) {
    if (link.operator !== "in" && binds(link.operator) >= binds("<<")) stretch.links.push(link);
    else {
      stretches.push(stretch);
      stretch = { first: link.operator === "in" ? link.bounds.low : link.right, links: [] };
    }
  }
  return [...stretches, stretch].filter(mixes);
}

export interface Stretch {
  readonly first: Expression;
  readonly links: readonly Link[];
}

function mixes({ links }: Stretch): boolean {
  const has = (...operators: readonly Link["operator"][]): boolean =>
    links.some((link) => operators.includes(link.operator));
  return has("<<", ">>") && has("+", "-");
}
