/**
 * check-values: reports expressions that can never have a value, as their inferred types or their constants show, and constants in bodies
 * that can never match. Called by `plan.ts` after the type inference.
 */
import type { Atom, Expression, Literal } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { ANYTHING, type ColumnType, columnTypeName, typeBit } from "../../runtime/plan/values/column-type.ts";
import { isTrue } from "../../runtime/plan/library/operators/operators.ts";
import { kindOf } from "../../runtime/plan/values/value.ts";
import type { CoreProgram, CoreRule } from "../2-rewrite/core.ts";
import { isLocalAddressTable, PACKET_HEAD } from "../program/builtin.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { shownText } from "../program/shown-text.ts";
import { expressionsOf, expressionsOfAtom, expressionsOfLiteral, operandsOf, parts } from "../program/visit.ts";
import { builtinType, type ColumnTypes } from "./column-types.ts";
import { constantValue, isConstant } from "../program/constant-value.ts";
import { findingsOfMatches } from "./check-matches.ts";
import { ADDRESS, type Environment, NUMBER, typeOf } from "./expression-type.ts";
import { diagnosticsOf, type Finding } from "./finding.ts";

/** Reports expressions without a value, and literals and comparisons that never hold. */
export function checkValues(core: CoreProgram, types: ColumnTypes): readonly Diagnostic[] {
  const senders = new Set([PACKET_HEAD, ...core.overlays.map(({ name }) => `${name}.send`)]);
  return diagnosticsOf([
    ...core.rules.flatMap((rule) => findingsOfRule(rule, core, types, senders)),
    ...core.facts.flatMap(({ atom }) => [
      ...expressionsOfAtom(atom).flatMap((one) => findingsOf(one, NO_VARIABLES)),
      ...findingsOfBuiltin(atom, NO_VARIABLES),
    ]),
  ]);
}

const NO_VARIABLES: Environment = new Map();
const NO_FINDINGS: readonly Finding[] = [];
const TRUTH = typeBit("bool") | NUMBER;
/** Kinds that a location may have. A number draws a warning instead (W0223), and null stands for no location. */
const LOCATION = ADDRESS | NUMBER | typeBit("null");

/** Findings about one rule. `senders` are the names of heads whose last argument is a packet to send. */
function findingsOfRule(
  rule: CoreRule,
  core: CoreProgram,
  types: ColumnTypes,
  senders: ReadonlySet<string>,
): readonly Finding[] {
  const environment = types.ofVariables(rule);
  const literals = rule.trigger.kind === "maintained" ? rule.body : [rule.trigger.literal, ...rule.body];
  const found = [
    ...findingsOfLiterals(rule, literals, environment, types),
    ...findingsOfHead(rule.head, environment, senders),
    ...findingsOfMatches(rule, literals, core, types),
  ];
  // If a condition is never true, the rule derives nothing, so its other expressions are not reported.
  const isIdle = literals.some((one) => one.kind === "condition" && constantTruth(one.test) === false);
  return isIdle ? found.map((one) => ({ ...one, error: undefined })) : found;
}

function findingsOfLiterals(
  rule: CoreRule,
  literals: readonly Literal[],
  environment: Environment,
  types: ColumnTypes,
): readonly Finding[] {
  return [
    ...[...expressionsOfAtom(rule.head), ...literals.flatMap(expressionsOfLiteral)].flatMap((one) =>
      findingsOf(one, environment),
    ),
    ...literals.flatMap((literal) => findingsOfLiteral(literal, environment, types)),
    ...rule.head.args.flatMap((argument) =>
      argument.kind === "aggregate" && /^(?:sum|avg)$/.test(argument.function)
        ? expressionsOf(argument).map((one) => mustBe(one, NUMBER, environment))
        : [],
    ),
  ];
}

/** Findings about the location of a head, its built-in columns, and the packet that `packet@To(P)` or an overlay's `send` sends. */
function findingsOfHead(
  { name, location, args }: Atom,
  environment: Environment,
  senders: ReadonlySet<string>,
): readonly Finding[] {
  const payload = senders.has(name.text) ? args.at(-1) : undefined;
  return [
    ...findingsOfBuiltin({ name, args }, environment),
    ...(location === undefined ? [] : [mustBe(location, LOCATION, environment, ADDRESS)]),
    ...(payload === undefined ? [] : expressionsOf(payload).map((one) => mustBe(one, typeBit("tuple"), environment))),
  ];
}

/**
 * Findings about the arguments of heads and facts that the node consumes, such as `tun`. `_` and null are allowed: they leave the field of
 * the packet unchanged. `localAddr` is not checked, because an overlay may have addresses of any form.
 */
function findingsOfBuiltin({ name, args }: Pick<Atom, "name" | "args">, environment: Environment): readonly Finding[] {
  return args.flatMap((argument, column) => {
    const type = builtinType(name.text, column);
    if (type === undefined || isLocalAddressTable(name.text)) return [];
    return expressionsOf(argument).map((one) => mustBe(one, type | typeBit("null"), environment, type));
  });
}

/**
 * Findings about an expression and about the operands in it that are always evaluated. If an operand has no value, the operand is reported
 * and the operation is not.
 */
function findingsOf(expression: Expression, environment: Environment): readonly Finding[] {
  const operands = operandsOf(expression);
  if (operands.length === 0) return NO_FINDINGS;
  const test = expression.kind === "conditional" ? [mustBe(expression.test, TRUTH, environment)] : [];
  const isOwnFault = operands.every((one) => hasValue(one, environment)) && test.every(({ error }) => !error);
  const error = isOwnFault && !hasValue(expression, environment) ? noValue(expression, environment) : undefined;
  const inside = evaluatedOperands(expression).flatMap((one) => findingsOf(one, environment));
  return [{ about: "value", span: expression.span, error }, ...test, ...inside];
}

/**
 * Returns the operands that are evaluated whenever the expression is evaluated. Other operands may be guarded, as the second one in
 * `X != 0 && 1 / X > 2`. If the guard is constant, it decides which operand is evaluated.
 */
function evaluatedOperands(expression: Expression): readonly Expression[] {
  if (expression.kind === "conditional") {
    const { test, yes, no } = expression;
    const isYes = constantTruth(test);
    return isYes === undefined ? [test] : [test, isYes ? yes : no];
  }
  if (expression.kind === "binary" && (expression.operator === "&&" || expression.operator === "||")) {
    const { operator, left, right } = expression;
    return constantTruth(left) === (operator === "&&") ? [left, right] : [left];
  }
  return operandsOf(expression);
}

/** Truth of a constant test; undefined if it depends on variables, or has no value. */
function constantTruth(test: Expression): boolean | undefined {
  return isConstant(test) ? isTrue(constantValue(test)) : undefined;
}

function hasValue(expression: Expression, environment: Environment): boolean {
  return typeOf(expression, environment) !== 0 && !failsAlways(expression);
}

/** Whether the expression has no value because of its constants: `1 / 0`, `X % 0`, `2 << -1`, `f_car([])`. */
function failsAlways(expression: Expression): boolean {
  if (expression.kind === "binary" && (expression.operator === "/" || expression.operator === "%")) {
    const divisor = constantValue(expression.right);
    if (divisor === 0 || divisor === 0n) return true;
  }
  const isComputed = operandsOf(expression).length > 0 && (expression.kind !== "list" || expression.tail !== undefined);
  return isComputed && isConstant(expression) && constantValue(expression) === undefined;
}

function noValue(expression: Expression, environment: Environment): Diagnostic {
  const kinds = operandsOf(expression).map((one) => columnTypeName((typeOf(one, environment) ?? 0) & ANYTHING));
  const isType = typeOf(expression, environment) === 0;
  return report("E0264", expression.span, {
    text: shownText(expression),
    operator: operatorOf(expression),
    kinds: isType ? kinds : [],
  });
}

/** Returns the operator or function of an expression; undefined for a list with a tail. */
function operatorOf(expression: Expression): string | undefined {
  switch (expression.kind) {
    case "binary":
    case "unary":
      return expression.operator;
    case "call":
      return expression.name.text;
    case "interval":
      return "in";
    case "list":
      return undefined;
    default:
      return "::";
  }
}

function findingsOfLiteral(literal: Literal, environment: Environment, types: ColumnTypes): readonly Finding[] {
  switch (literal.kind) {
    case "condition":
      return [mustBe(literal.test, TRUTH, environment)];
    case "member":
      return [
        mustBe(literal.list, typeBit("list") | typeBit("tuple"), environment),
        ...unmatchedIn(literal.pattern, types),
      ];
    case "assign":
      return literal.required === undefined ? [] : [mustBe(literal.value, literal.required, environment)];
    case "predicate":
      return isPredicate(literal) ? unmatched(literal.atom, types) : [];
  }
}

/** Finding about an expression that must have a kind in `wanted`, such as the test of a condition. The error text names `expected`. */
function mustBe(
  expression: Expression,
  wanted: ColumnType,
  environment: Environment,
  expected: ColumnType = wanted,
): Finding {
  const type = typeOf(expression, environment);
  const isWrong = type !== undefined && type !== 0 && (type & wanted) === 0 && hasValue(expression, environment);
  if (!isWrong) return { about: "type", span: expression.span, error: undefined };
  return wrongType(expression, expected, columnTypeName(type & ANYTHING));
}

function wrongType(expression: Expression, wanted: ColumnType, found: string): Finding {
  const { span } = expression;
  const facts = { text: shownText(expression), expected: columnTypeName(wanted), found };
  return { about: "type", span, error: report("E0265", span, facts) };
}

/** Findings about constants in a pattern that stand in columns of a packet. */
function unmatchedIn(pattern: Expression, types: ColumnTypes): readonly Finding[] {
  return parts(pattern).flatMap((part) => (part.kind === "packet" ? unmatched(part, types) : []));
}

/** Findings about constants whose kind differs from the type of their column, if the predicate is built in or has declared types. */
function unmatched(
  { name: { text: name }, args }: Pick<Atom, "name" | "args">,
  types: ColumnTypes,
): readonly Finding[] {
  return args.flatMap((argument, column) => {
    const fixed = types.fixed(name, column);
    if (argument.kind !== "constant" || fixed === undefined || (name === "periodic" && column > 0)) return [];
    const kind = kindOf(argument.value);
    if ((typeBit(kind) & fixed) === 0) return [wrongType(argument, fixed, kind)];
    return [{ about: "type", span: argument.span, error: undefined }];
  });
}
