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
export function flatPrecedence(operator: BinaryOperator | "in"): number {
  return FLAT.get(operator) ?? FLAT_ARITHMETIC;
}

/** As `precedence`, with the shifts above `+` and `-`: what some expect of an unparenthesised mix. */
export function shiftsFirstPrecedence(operator: BinaryOperator | "in"): number {
  if (operator === "<<" || operator === ">>") return precedence("+");
  return operator === "+" || operator === "-" ? precedence("<<") : precedence(operator);
}

/** The tree of `first operator right operator right ...` under the precedences given. */
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
 * The stretches of a text that mix shifts with sums and no brackets, as [operand, links]. Operators that bind more
 * loosely than a shift end a stretch.
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

export interface OperatorChain {
  readonly first: Expression;
  readonly links: readonly Link[];
}

function mixesShifts({ links }: OperatorChain): boolean {
  const has = (...operators: readonly Link["operator"][]): boolean =>
    links.some((link) => operators.includes(link.operator));
  return has("<<", ">>") && has("+", "-");
}
