import type { BinaryOperator, Expression } from "../../grammar/ast.ts";
import { printExpression } from "../../grammar/print.ts";
import { isTrue } from "../../runtime/plan/library/operators/operators.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import { compare, type Value } from "../../runtime/plan/values/value.ts";
import { constantValue, isConstant } from "../program/constant-value.ts";
import { secretName } from "../program/secret-name.ts";
import { parts } from "../program/visit.ts";

/** Term of a comparison. Terms with equal keys have equal values in a derivation. `value` is defined for constants only. */
interface Term {
  readonly key: string;
  readonly value: Value | undefined;
}

type Order = "==" | "!=" | "<" | "<=";

/** A comparison that holds: `left order right`. */
export interface Comparison {
  readonly left: Term;
  readonly order: Order;
  readonly right: Term;
}

/** Negation of each comparison operator. Values are totally ordered. */
const NEGATED: Readonly<Partial<Record<BinaryOperator, BinaryOperator>>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};

/** Number of comparisons that are compared with each other. A rule that has more is checked test by test. */
const COMPARISONS_MAX = 64;

/** Returns the comparison that an assignment makes true; none if the value is random. */
export function equality(variable: Expression, value: Expression): readonly Comparison[] {
  return comparison(variable, "==", value);
}

/** Whether the test compares a variable with a constant: it depends on the row unless another literal fixes the variable. */
export function isOpen(test: Expression): boolean {
  if (test.kind !== "binary" || NEGATED[test.operator] === undefined) return false;
  const kinds = [test.left.kind, test.right.kind];
  return kinds.includes("variable") && kinds.includes("constant");
}

/** Whether a test is never true in a derivation in which the `known` comparisons hold. */
export function isRefuted(known: readonly Comparison[], test: Expression): boolean {
  const { comparisons, alternatives } = conjunctionOf(test);
  if (comparisons === "false") return true;
  const all = known.length < COMPARISONS_MAX ? [...known, ...comparisons] : comparisons;
  return isContradiction(all) || alternatives.some((either) => either.every((one) => isRefuted(all, one)));
}

/** Whether a test is always true in a derivation in which the `known` comparisons hold. False for a test that may have no value. */
export function isCertain(known: readonly Comparison[], test: Expression): boolean {
  return isComparing(test) && isRefuted(known, negationOf(test));
}

/** Comparisons that hold if the test does. */
export function comparisonsOf(test: Expression): readonly Comparison[] {
  const { comparisons } = conjunctionOf(test);
  return comparisons === "false" ? [] : comparisons;
}

/** A test as a conjunction: comparisons, and disjunctions of other tests. */
interface Conjunction {
  /** "false" if a constant of the conjunction is false. */
  readonly comparisons: readonly Comparison[] | "false";
  readonly alternatives: readonly (readonly Expression[])[];
}

const NOTHING: Conjunction = { comparisons: [], alternatives: [] };

function conjunctionOf(test: Expression): Conjunction {
  if (isConstant(test)) return isTrue(constantValue(test)) === false ? { ...NOTHING, comparisons: "false" } : NOTHING;
  if (test.kind === "unary" && test.operator === "!") return negatedConjunction(test);
  if (test.kind === "interval") return { ...NOTHING, comparisons: boundsOf(test) };
  if (test.kind !== "binary") return { ...NOTHING, comparisons: truth(test, true) };
  const { operator, left, right } = test;
  if (operator === "&&") return joined(conjunctionOf(left), conjunctionOf(right));
  if (operator === "||") return { ...NOTHING, alternatives: [[left, right]] };
  return { ...NOTHING, comparisons: comparison(left, operator, right) };
}

function negatedConjunction(test: Extract<Expression, { kind: "unary" }>): Conjunction {
  const { operand } = test;
  const negation = negationOf(operand);
  const isOpaque = negation.kind === "unary" && negation.operand === operand;
  return isOpaque ? { ...NOTHING, comparisons: truth(operand, false) } : conjunctionOf(negation);
}

function joined(one: Conjunction, other: Conjunction): Conjunction {
  const alternatives = [...one.alternatives, ...other.alternatives];
  if (one.comparisons === "false" || other.comparisons === "false") return { comparisons: "false", alternatives };
  return { comparisons: [...one.comparisons, ...other.comparisons], alternatives };
}

/** The negation of a test. Comparisons are inverted; only parts that are not comparisons get a `!`. */
function negationOf(test: Expression): Expression {
  if (test.kind === "unary" && test.operator === "!") return test.operand;
  if (test.kind === "binary") {
    const { operator, left, right } = test;
    const negated = NEGATED[operator];
    if (negated !== undefined) return { ...test, operator: negated };
    if (operator === "&&") return { ...test, operator: "||", left: negationOf(left), right: negationOf(right) };
    if (operator === "||") return { ...test, operator: "&&", left: negationOf(left), right: negationOf(right) };
  }
  return { kind: "unary", operator: "!", operand: test, span: test.span };
}

/** Whether the test consists only of comparisons and truth values. Then either the test or its negation holds. */
function isComparing(test: Expression): boolean {
  if (isConstant(test)) return isTrue(constantValue(test)) !== undefined;
  if (test.kind === "unary") return test.operator === "!" && isComparing(test.operand);
  if (test.kind !== "binary") return false;
  const { operator, left, right } = test;
  if (operator === "&&" || operator === "||") return isComparing(left) && isComparing(right);
  return NEGATED[operator] !== undefined;
}

/**
 * The comparisons of `X in (3, 5)` with the two ends, if both are constant numbers or both constant strings. Otherwise none: intervals of
 * ids, and all intervals in OverLog, lie on a ring.
 */
function boundsOf({
  value,
  low,
  high,
  includesLow,
  includesHigh,
  isOverlog,
}: Extract<Expression, { kind: "interval" }>): readonly Comparison[] {
  const kinds = [low, high].map((end) => (isConstant(end) ? typeof constantValue(end) : undefined));
  const isLinear = kinds[0] === kinds[1] && (kinds[0] === "number" || kinds[0] === "string");
  if (isOverlog === true || !isLinear) return [];
  return [...comparison(low, includesLow ? "<=" : "<", value), ...comparison(value, includesHigh ? "<=" : "<", high)];
}

function comparison(left: Expression, operator: BinaryOperator, right: Expression): readonly Comparison[] {
  const [one, other] = [termOf(left), termOf(right)];
  if (one === undefined || other === undefined) return [];
  switch (operator) {
    case "==":
    case "!=":
    case "<":
    case "<=":
      return [{ left: one, order: operator, right: other }];
    case ">":
      return [{ left: other, order: "<", right: one }];
    case ">=":
      return [{ left: other, order: "<=", right: one }];
    default:
      return [];
  }
}

/** The truth value of a test that is not a comparison, such as `f_member(L, X)`, as a comparison. */
function truth(test: Expression, holds: boolean): readonly Comparison[] {
  const term = termOf(test);
  if (term === undefined) return [];
  const truthOf = { key: `truth of ${term.key}`, value: undefined };
  return [{ left: truthOf, order: "==", right: { key: `truth ${holds}`, value: holds } }];
}

/** Returns the term of an expression; undefined if each evaluation may give another value. */
function termOf(expression: Expression): Term | undefined {
  if (isConstant(expression)) {
    const value = constantValue(expression);
    return value === undefined ? undefined : { key: printExpression(expression), value };
  }
  if (!parts(expression).every(isRepeatable)) return undefined;
  return { key: printExpression(expression), value: undefined };
}

function isRepeatable(part: Expression): boolean {
  if (part.kind === "wildcard" || secretName(part) !== undefined) return false;
  return part.kind !== "call" || functionNamed(part.name.text, part.isOverlog)?.pure === true;
}

/** Edge between two classes of equal terms: `from` is less than `to` (`isStrict`), or not greater than `to`. */
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly isStrict: boolean;
}

/** Whether the comparisons cannot hold together: a cycle in the order of values contains `<`, or joins values that differ. */
function isContradiction(all: readonly Comparison[]): boolean {
  const comparisons = all.slice(0, COMPARISONS_MAX);
  const classOf = classesOf(comparisons);
  const edges = [
    ...comparisons.flatMap(({ left, order, right }): readonly Edge[] =>
      order === "<" || order === "<=" ? [{ from: classOf(left), to: classOf(right), isStrict: order === "<" }] : [],
    ),
    ...edgesOfConstants(comparisons, classOf),
  ];
  const leaving = Map.groupBy(edges, ({ from }) => from);
  if (edges.some(({ from, to, isStrict }) => isStrict && reaches(leaving, to, from))) return true;
  return comparisons.some(({ left, order, right }) => {
    const [one, other] = [classOf(left), classOf(right)];
    return order === "!=" && reaches(leaving, one, other) && reaches(leaving, other, one);
  });
}

/** Returns a function from a term to the representative of its class of equal terms. */
function classesOf(comparisons: readonly Comparison[]): (term: Term) => string {
  const parents = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    return root;
  };
  for (const { left, order, right } of comparisons) {
    const [one, other] = [rootOf(left.key), rootOf(right.key)];
    if (order === "==" && one !== other) parents.set(one, other);
  }
  return ({ key }) => rootOf(key);
}

/** Edges between constants, from smaller to greater values. Two equal constants with different texts get edges in both directions. */
function edgesOfConstants(comparisons: readonly Comparison[], classOf: (term: Term) => string): readonly Edge[] {
  const constants = comparisons
    .flatMap(({ left, right }) => [left, right])
    .filter((term): term is Term & { readonly value: Value } => term.value !== undefined)
    .toSorted((a, b) => compare(a.value, b.value));
  return constants.slice(1).flatMap((later, at): readonly Edge[] => {
    const earlier = constants[at] as Term & { readonly value: Value };
    const [from, to] = [classOf(earlier), classOf(later)];
    if (compare(earlier.value, later.value) < 0) return [{ from, to, isStrict: true }];
    return [
      { from, to, isStrict: false },
      { from: to, to: from, isStrict: false },
    ];
  });
}

/** Whether a path of edges leads from one class to the other. `leaving` has the edges by the class that they begin at. */
function reaches(leaving: ReadonlyMap<string, readonly Edge[]>, from: string, to: string): boolean {
  const reached = new Set([from]);
  for (const one of reached) {
    if (one === to) return true;
    for (const edge of leaving.get(one) ?? []) reached.add(edge.to);
  }
  return false;
}
