import type { Binary, BinaryOperator, Expression, Interval } from "./ast.ts";
import { joinSpans, type Span } from "./span.ts";

/** Binary operator with its right operand, or `in` with its bounds. */
export type Link =
  | { readonly operator: BinaryOperator; readonly right: Expression }
  | { readonly operator: "in"; readonly bounds: Bounds };

/** Bounds of an interval such as `(A, B]`. */
export interface Bounds {
  readonly low: Expression;
  readonly high: Expression;
  readonly includesLow: boolean;
  readonly includesHigh: boolean;
  readonly span: Span;
}

/** Operators by precedence, loosest first. All of them are left-associative. */
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

/** Returns the precedence of an operator, from 1 for `||`. */
export function precedence(operator: BinaryOperator | "in"): number {
  return PRECEDENCE.get(operator) ?? 0;
}

const FLAT: ReadonlyMap<string, number> = new Map([
  ["||", 1],
  ["&&", 2],
  ...["==", "!=", "<", "<=", ">", ">=", "in"].map((operator) => [operator, 3] as const),
]);
const FLAT_ARITHMETIC = 4;

/** Precedence in "overlog-flat": all arithmetic operators have the same precedence and group from left to right. */
export function flatPrecedence(operator: BinaryOperator | "in"): number {
  return FLAT.get(operator) ?? FLAT_ARITHMETIC;
}

/** Precedence with shifts above `+` and `-`. Some readers expect this order; W0102 shows what an expression would mean with it. */
export function shiftsFirstPrecedence(operator: BinaryOperator | "in"): number {
  if (operator === "<<" || operator === ">>") return precedence("+");
  return operator === "+" || operator === "-" ? precedence("<<") : precedence(operator);
}

/** Builds the tree of `first operator right operator right ...` by precedence. */
export function groupByPrecedence(
  first: Expression,
  links: readonly Link[],
  precedenceOf: (operator: BinaryOperator | "in") => number,
): Expression {
  const operands: Expression[] = [first];
  const pending: PendingLink[] = [];
  for (const link of links) {
    while (precedenceOf(pending.at(-1)?.operator ?? "||") >= precedenceOf(link.operator) && pending.length > 0)
      reduce(operands, pending);
    if (link.operator === "in") operands.push(interval(operands.pop() as Expression, link.bounds));
    else {
      pending.push(link);
      operands.push(link.right);
    }
  }
  while (pending.length > 0) reduce(operands, pending);
  return operands[0] as Expression;
}

type PendingLink = Exclude<Link, { readonly operator: "in" }>;

function reduce(operands: Expression[], pending: PendingLink[]): void {
  const { operator } = pending.pop() as PendingLink;
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
 * Returns the operator chains that mix shifts and sums without brackets. An operator that binds more loosely than a shift
 * ends a chain.
 */
export function chainsMixingShifts(
  first: Expression,
  links: readonly Link[],
  precedenceOf: (operator: BinaryOperator | "in") => number,
): readonly OperatorChain[] {
  const chains: OperatorChain[] = [];
  let chain: { first: Expression; links: PendingLink[] } = { first, links: [] };
  for (const link of links) {
    if (link.operator !== "in" && precedenceOf(link.operator) >= precedenceOf("<<")) chain.links.push(link);
    else {
      chains.push(chain);
      chain = { first: link.operator === "in" ? link.bounds.low : link.right, links: [] };
    }
  }
  return [...chains, chain].filter(mixesShifts);
}

/** Operand followed by operators and their right operands. */
export interface OperatorChain {
  readonly first: Expression;
  readonly links: readonly Link[];
}

function mixesShifts({ links }: OperatorChain): boolean {
  const has = (...operators: readonly Link["operator"][]): boolean =>
    links.some((link) => operators.includes(link.operator));
  return has("<<", ">>") && has("+", "-");
}
