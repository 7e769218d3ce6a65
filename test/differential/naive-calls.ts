import type { Atom, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Ambient } from "../../runtime/plan/contract/function-spec.ts";
import type { Values, Value } from "../../runtime/plan/values/value.ts";
import type { CheckedProgram } from "../../src/1-check/check.ts";
import { constantNumber } from "../../src/program/constant.ts";
import { eventLiterals } from "../../src/program/roles.ts";
import { isPredicate } from "../../src/program/rule-shape.ts";
import type { ProgramRule, View } from "../../src/program/program.ts";
import { type Bindings, evaluate } from "./evaluate.ts";
import { type NaiveCall, type NaiveRule, naiveRule } from "./naive-rule.ts";
import { withPlainArguments } from "./solve.ts";

/** Pending call. Its id holds the caller, a number, and the time at which it times out: `["a:1", 7, 12.5]`. */
export interface PendingCall {
  readonly id: Values;
  readonly call: NaiveCall;
  readonly inputs: Values;
  /** Location of the view; undefined for a view that runs here, in the same round. */
  readonly location: Value | undefined;
  /** Bindings of the literals before the call. */
  readonly bindings: Bindings;
}

// Variables of programs have no `$` in their names.
const ID = "$Call";

/** Splits the rule at its first call, and the rest at the next one. Returns undefined if it has no call. */
export function ruleWithCall(rule: ProgramRule, checked: CheckedProgram, piece = 0): NaiveRule | undefined {
  const { roles, program } = checked;
  const at = rule.body.findIndex((one) => isPredicate(one) && roles.of(one) === "call");
  const literal = rule.body[at];
  const view = literal?.kind === "predicate" ? program.views.get(literal.atom.name.text) : undefined;
  if (literal?.kind !== "predicate" || view === undefined) return undefined;
  const before = rule.body.slice(0, at);
  const after = { ...rule, body: rule.body.slice(at + 1) };
  const base = naiveRule(after, checked);
  const rest = ruleWithCall(after, checked, piece + 1) ?? {
    ...base,
    body: withPlainArguments(after.body, piece + 1),
  };
  const start = eventLiterals({ ...rule, body: before }, roles).length > 0 ? "event" : "inserted";
  return { ...base, body: withPlainArguments(before, piece), start, call: { view, literal, rest } };
}

/** Rules of a view. All predicates of one call have its id as first argument, and results go to the caller. */
export function ofOneCall(rule: ProgramRule): ProgramRule {
  const { view, head, body } = rule;
  const subscribed = body.map((one) => (isPredicate(one) && one.isFailure ? failureEvent(one) : one));
  if (view === undefined) return { ...rule, body: subscribed };
  const isOwn = ({ name }: Atom): boolean => name.text.startsWith(`${view}.`);
  const withId = (atom: Atom): Atom => (isOwn(atom) ? { ...atom, args: [id(atom), ...atom.args] } : atom);
  const isOutcome = ["return", "fail", "done"].some((outcome) => head.name.text === `${view}.${outcome}`);
  const caller: Expression = {
    kind: "call",
    name: { text: "f_car", span: head.span },
    args: [id(head)],
    span: head.span,
  };
  return {
    ...rule,
    head: isOutcome ? { ...withId(head), location: caller } : withId(head),
    body: subscribed.map((one) => (isPredicate(one) ? { ...one, atom: withId(one.atom) } : one)),
  };
}

function id({ span }: Atom): Expression {
  return { kind: "variable", name: ID, span };
}

export function failureOf({ name }: View): string {
  return `${name}!fail`;
}

function failureEvent(literal: PredicateLiteral): Literal {
  const { atom } = literal;
  return { ...literal, isFailure: false, atom: { ...atom, name: { ...atom.name, text: `${atom.name.text}!fail` } } };
}

/** Returns the call that one solution of the literals before it makes; undefined if an argument has no value. */
export function beginCall(
  call: NaiveCall,
  bindings: Bindings,
  ambient: Ambient,
  caller: string,
  number: number,
): PendingCall | undefined {
  const { literal, view } = call;
  const inputExpressions = literal.atom.args.filter((argument) => argument.kind !== "return") as readonly Expression[];
  const inputs = inputExpressions.map((one) => evaluate(one, bindings, ambient));
  if (!inputs.every((value) => value !== undefined)) return undefined;
  const viewBindings = new Map(view.inputs.map(({ name }, at) => [name, inputs[at] as Value]));
  const location = view.location
    ? evaluate(view.location, viewBindings, ambient)
    : locationOf(literal, bindings, ambient);
  const timeout = literal.timeout === undefined ? view.timeout : (constantNumber(literal.timeout) as number);
  const outer = bindings.get(ID) as Values | undefined;
  const until = Math.min(ambient.now() + timeout, (outer?.[2] as number | undefined) ?? Infinity);
  return { id: [caller, number, until], call, inputs, location, bindings };
}

function locationOf({ atom }: PredicateLiteral, bindings: Bindings, ambient: Ambient): Value | undefined {
  return atom.location && evaluate(atom.location, bindings, ambient);
}

export function endOf({ id: [, , until] }: PendingCall): number {
  return until as number;
}

/** Patterns of the returned values: variables and `&_`. */
export function returnsOf({ literal }: NaiveCall): readonly Expression[] {
  return literal.atom.args.flatMap((argument): readonly Expression[] => {
    if (argument.kind !== "return") return [];
    const { name, span } = argument;
    return [name === undefined ? { kind: "wildcard", span } : { kind: "variable", name, span }];
  });
}

/** Whether an outcome ends the call. */
export function isEnding({ view }: NaiveCall, outcome: string): boolean {
  return outcome === `${view.name}.fail` || outcome === `${view.name}.${view.many ? "done" : "return"}`;
}
