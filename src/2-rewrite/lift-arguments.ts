/**
 * lift-arguments: computed arguments of body literals become assignments.
 *
 *   h(Y) :- e(Y + 1), t(Y).   becomes   h(Y) :- e($1), t(Y), $1 := Y + 1.
 *
 * If the variables of the assigned value are bound before the literal, the planner evaluates the assignment first and uses the value in
 * the lookup. Otherwise it compares after the literal. A list within a pattern becomes a separate pattern:
 *
 *   [A, [B, _]] <- L          becomes   [A, $1] <- L, [B, _] <- [$1].
 *
 * A list or packet within the pattern of a packet becomes a separate pattern, too.
 */
import type { Argument, Expression, Literal, Membership, PredicateLiteral } from "../../grammar/ast.ts";
import { PERIODIC } from "../program/builtin.ts";
import { isStructure, partsOfStructure, withParts } from "../program/pattern.ts";
import { type CoreRule, variableAt } from "./core.ts";

export function liftArguments(rule: CoreRule): CoreRule {
  const lifted: Literal[] = [];
  const body = rule.body.map((literal): Literal => {
    if (literal.kind === "member") return flatMember(literal, lifted);
    return literal.kind === "predicate" ? lift(literal, lifted) : literal;
  });
  if (rule.trigger.kind === "maintained") return { ...rule, body: [...body, ...lifted] };
  const trigger = { ...rule.trigger, literal: lift(rule.trigger.literal, lifted) };
  return { ...rule, trigger, body: [...body, ...lifted] };
}

function lift(literal: PredicateLiteral, lifted: Literal[]): PredicateLiteral {
  // The arguments of `periodic` configure the timer; its event does not carry them.
  if (literal.atom.name.text === PERIODIC) return literal;
  const args = literal.atom.args.map((argument): Argument => {
    if (!isComputed(argument)) return argument;
    const { span } = argument;
    const name = `$${lifted.length + 1}`;
    lifted.push({ kind: "assign", target: { kind: "variable", name, span }, value: argument, span });
    return variableAt(name, span);
  });
  return { ...literal, atom: { ...literal.atom, args } };
}

function flatMember(member: Membership, lifted: Literal[]): Membership {
  const { pattern } = member;
  if (!isStructure(pattern)) return member;
  const flat = partsOfStructure(pattern).map((part) => flatPart(part, lifted));
  return { ...member, pattern: withParts(pattern, flat) };
}

function flatPart(part: Expression, lifted: Literal[]): Expression {
  if (!isStructure(part)) return part;
  const { span } = part;
  const value = variableAt(`$${lifted.length + 1}`, span);
  // Reserves the position first, so that the pattern precedes the patterns within it.
  const at = lifted.push({ kind: "member", pattern: part, list: { kind: "list", items: [value], span }, span }) - 1;
  lifted[at] = flatMember(lifted[at] as Membership, lifted);
  return value;
}

function isComputed(argument: Argument): argument is Expression {
  return !["variable", "wildcard", "constant", "return", "aggregate"].includes(argument.kind);
}
