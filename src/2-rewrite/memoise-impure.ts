/**
 * memoise-impure: a maintained rule calls impure functions once per derivation and stores the results with the derivation.
 *
 *   h(X, T) :- t(X, _), T := f_now(), T < 9.   becomes   r?memo(X, A, D) :- t(X, A), D := f_now().
 *                                                       h(X, T)         :- r?memo(X, A, D), T := D, T < 9.
 *
 * Two rows of the hidden table stand for the same derivation if they agree in all columns except those with memoised results.
 */
import type { Argument, Expression, Literal } from "../../grammar/ast.ts";
import { patternVariables } from "../program/pattern.ts";
import { isImpure } from "../program/impure.ts";
import { rewriteExpression } from "../program/rewrite-expression.ts";
import { expressionsOfAtom, expressionsOfLiteral, parts, variablesIn } from "../program/visit.ts";
import { atomAt, type CoreRule, literalAt, variableAt } from "./core.ts";
import type { HiddenTables } from "./hidden-tables.ts";
import { nameWildcards } from "./name-wildcards.ts";

export function memoiseImpure(rule: CoreRule, hidden: HiddenTables): readonly CoreRule[] {
  const expressions = [...expressionsOfAtom(rule.head), ...rule.body.flatMap(expressionsOfLiteral)];
  if (rule.trigger.kind !== "maintained" || !expressions.flatMap((one) => parts(one)).some(isImpure)) return [rule];
  const calls: Assignment[] = [];
  const lift = (expression: Expression): Expression => rewriteExpression(expression, (part) => liftImpure(part, calls));
  const body = nameWildcards(rule.body).map((literal) => withExpressions(literal, lift));
  const args = rule.head.args.map((argument) => withArgument(argument, lift));
  const { before, computed, after } = splitBody(body, calls);
  const known = [...new Set(before.flatMap(boundBy))];
  const columns = [...known, ...computed.flatMap(boundBy)].map((name) => variableAt(name, rule.span));
  const keys = known.map((_, column) => column);
  const memo = atomAt(hidden.add(`${rule.name}?memo`, columns.length, rule.span, keys), columns, rule.span);
  return [
    { ...rule, head: memo, body: [...before, ...computed], memoised: new Set(computed.flatMap(boundBy)) },
    { ...rule, head: { ...rule.head, args }, body: [literalAt(memo), ...after] },
  ];
}

type Assignment = Extract<Literal, { kind: "assign" }>;

function liftImpure(part: Expression, calls: Assignment[]): Expression {
  if (!isImpure(part)) return part;
  const { span } = part;
  const name = `$Impure${calls.length + 1}`;
  calls.push({ kind: "assign", target: { kind: "variable", name, span }, value: part, span });
  return variableAt(name, span);
}

/** Splits the body into the literals before the impure calls, the calls with the assignments that their arguments need, and the rest. */
function splitBody(
  body: readonly Literal[],
  calls: readonly Assignment[],
): { readonly before: readonly Literal[]; readonly computed: readonly Literal[]; readonly after: readonly Literal[] } {
  const tainted = taintedBy(calls, body);
  const computed: Literal[] = [...calls];
  for (const one of computed) {
    const needs = expressionsOfLiteral(one).flatMap(names);
    const sources = body.filter((literal) => literal.kind === "assign" && needs.includes(literal.target.name));
    for (const source of sources) if (!computed.includes(source) && mentions(source, tainted)) computed.push(source);
  }
  const rest = body.filter((literal) => !computed.includes(literal));
  const before = runnable(rest.filter((literal) => !mentions(literal, tainted)));
  return { before, computed, after: rest.filter((literal) => !before.includes(literal)) };
}

/** Returns the variables that depend on impure results. */
function taintedBy(calls: readonly Assignment[], body: readonly Literal[]): ReadonlySet<string> {
  const tainted = new Set(calls.flatMap(boundBy));
  for (let size = 0; size !== tainted.size; ) {
    size = tainted.size;
    for (const literal of body) {
      const inputs = literal.kind === "assign" ? [literal.value] : literal.kind === "member" ? [literal.list] : [];
      if (inputs.flatMap(names).some((name) => tainted.has(name)))
        for (const name of boundBy(literal)) tainted.add(name);
    }
  }
  return tainted;
}

/** Orders literals so that each can run: positive atoms first; a negation after the literals that bind its variables. */
function runnable(literals: readonly Literal[]): readonly Literal[] {
  const found = literals.filter((literal) => literal.kind === "predicate" && !literal.negated);
  for (let size = -1; size !== found.length; ) {
    size = found.length;
    const bound = new Set(found.flatMap(boundBy));
    const waiting = literals.filter((literal) => !found.includes(literal));
    const later = new Set(waiting.flatMap(boundBy));
    const next = waiting.find((literal) =>
      inputsOf(literal).every((name) => bound.has(name) || (literal.kind === "predicate" && !later.has(name))),
    );
    if (next !== undefined) found.push(next);
  }
  return found;
}

function inputsOf(literal: Literal): readonly string[] {
  switch (literal.kind) {
    case "assign":
      return names(literal.value);
    case "member":
      return names(literal.list);
    case "condition":
    case "predicate":
      return expressionsOfLiteral(literal).flatMap(names);
  }
}

function boundBy(literal: Literal): readonly string[] {
  switch (literal.kind) {
    case "predicate":
      return literal.negated ? [] : expressionsOfLiteral(literal).flatMap(names);
    case "assign":
      return [literal.target.name];
    case "member":
      return patternVariables(literal.pattern);
    case "condition":
      return [];
  }
}

function mentions(literal: Literal, variables: ReadonlySet<string>): boolean {
  return expressionsOfLiteral(literal)
    .flatMap(names)
    .some((name) => variables.has(name));
}

function names(expression: Expression): readonly string[] {
  return variablesIn(expression).map((variable) => variable.name);
}

function withExpressions(literal: Literal, change: (expression: Expression) => Expression): Literal {
  switch (literal.kind) {
    case "predicate":
      return literal;
    case "assign":
      return { ...literal, value: change(literal.value) };
    case "member":
      return { ...literal, list: change(literal.list) };
    case "condition":
      return { ...literal, test: change(literal.test) };
  }
}

function withArgument(argument: Argument, change: (expression: Expression) => Expression): Argument {
  if (argument.kind === "return") return argument;
  if (argument.kind !== "aggregate") return change(argument);
  return argument.operand === undefined ? argument : { ...argument, operand: change(argument.operand) };
}
