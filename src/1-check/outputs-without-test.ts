import type { Expression, FunctionCall, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import { formsOf, resultKinds } from "../../runtime/plan/library/functions/signatures.ts";
import { typeBit } from "../../runtime/plan/values/column-type.ts";
import { kinds } from "../../runtime/plan/values/value.ts";
import type { ProgramRule } from "../program/program.ts";
import { locationOf } from "../program/location-of.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { expressionsOf, expressionsOfAtom, operandsOf, parts, variablesIn } from "../program/visit.ts";

const ANYTHING = kinds.reduce((bits, kind) => bits | typeBit(kind), 0);

/**
 * Warns if a rule computes with an output of a call, or uses it as a location, although the call may have failed. Concerns calls with
 * `outcome(..)`, since other failed calls do not continue the rule. Exempt are calls with `outcome(null)`, and rules that test the outcome
 * or the output.
 */
export function checkOutputs(rule: ProgramRule): readonly Diagnostic[] {
  const calls = rule.body.filter(isPredicate).filter(({ outcome }) => mayFail(outcome));
  return calls.flatMap((call) => {
    const outputs = call.atom.args.flatMap((one) => (one.kind === "return" ? (one.name ?? []) : []));
    const why = call.outcome?.kind === "variable" ? [call.outcome.name] : [];
    return isTested(rule, call, new Set(why)) ? [] : outputs.flatMap((output) => usesOf(output, why, rule, call));
  });
}

function mayFail(outcome: Expression | undefined): boolean {
  return outcome !== undefined && !(outcome.kind === "constant" && outcome.value === null);
}

/** Whether a condition, or a body literal other than the call, tests one of the variables. */
function isTested({ body }: ProgramRule, call: PredicateLiteral, names: ReadonlySet<string>): boolean {
  return body.some((literal) => {
    if (literal.kind === "condition") return mentions(literal.test, names);
    const isMatch = isPredicate(literal) && literal !== call && literal.outcome === undefined;
    return isMatch && literal.atom.args.some((one) => one.kind === "variable" && names.has(one.name));
  });
}

/** Warns of the first use of the output that fails if the output is null. */
function usesOf(
  output: string,
  why: readonly string[],
  rule: ProgramRule,
  call: PredicateLiteral,
): readonly Diagnostic[] {
  const known = new Set([output, ...why]);
  const isNullTest = (literal: Literal): boolean =>
    literal.kind === "condition" && comparesWithNull(literal.test, output);
  if (rule.body.some(isNullTest)) return [];
  const atoms = [rule.head, ...rule.body.filter(isPredicate).map(({ atom }) => atom)];
  for (const location of atoms.map(locationOf)) {
    if (location?.kind === "variable" && location.name === output) return [warning(location, output, "a location")];
  }
  const expressions = [
    ...expressionsOfAtom(rule.head),
    ...rule.body.filter((literal) => literal !== call).flatMap(expressionsIn),
  ];
  const operand = expressions.map((one) => operandIn(one, output, known)).find((one) => one !== undefined);
  return operand === undefined ? [] : [warning(operand, output, "an operand")];
}

function warning(use: Expression, variable: string, where: string): Diagnostic {
  return report("W0294", use.span, { variable, where });
}

function expressionsIn(literal: Literal): readonly Expression[] {
  switch (literal.kind) {
    case "condition":
      return [literal.test];
    case "assign":
      return [literal.value];
    case "member":
      return [literal.list];
    case "predicate":
      return literal.atom.args.flatMap(expressionsOf);
  }
}

/** Returns the output where it stands as the operand of a computation that always runs. */
function operandIn(expression: Expression, output: string, known: ReadonlySet<string>): Expression | undefined {
  const operands = operandsOf(expression);
  const direct = operands.find((one) => one.kind === "variable" && one.name === output);
  if (direct !== undefined && isComputation(expression, output)) return direct;
  const [first, ...rest] = operands;
  const isGuard =
    expression.kind === "conditional" ||
    (expression.kind === "binary" && (expression.operator === "&&" || expression.operator === "||"));
  const evaluated = isGuard && first !== undefined && mentions(first, known) ? [first] : [first, ...rest];
  return evaluated
    .map((one) => (one === undefined ? undefined : operandIn(one, output, known)))
    .find((one) => one !== undefined);
}

/** Whether null as an operand leaves the expression without a value, or makes its result meaningless. */
function isComputation(expression: Expression, output: string): boolean {
  switch (expression.kind) {
    case "binary":
      return !["==", "!=", "&&", "||"].includes(expression.operator);
    case "call":
      return refusesNull(expression, output);
    case "unary":
    case "interval":
    case "address":
      return true;
    default:
      return false;
  }
}

/** Whether the function has no result if one of these arguments is null. */
function refusesNull({ name: { text }, args }: FunctionCall, output: string): boolean {
  const forms = functionNamed(text)?.name === text ? formsOf(text) : undefined;
  const isOutput = (argument: Expression): boolean => argument.kind === "variable" && argument.name === output;
  const types = args.map((argument) => (isOutput(argument) ? typeBit("null") : ANYTHING));
  return forms !== undefined && resultKinds(forms, types) === 0;
}

function comparesWithNull(test: Expression, name: string): boolean {
  return parts(test).some((part) => {
    if (part.kind !== "binary" || (part.operator !== "==" && part.operator !== "!=")) return false;
    const sides = [part.left, part.right];
    const isNull = sides.some((side) => side.kind === "constant" && side.value === null);
    return isNull && sides.some((side) => side.kind === "variable" && side.name === name);
  });
}

function mentions(expression: Expression, names: ReadonlySet<string>): boolean {
  return variablesIn(expression).some(({ name }) => names.has(name));
}
