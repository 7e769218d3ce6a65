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

/** A call that waits. Its id says who waits, for telling calls apart a number, and until when: `["a:1", 7, 12.5]`. */
export interface WaitingCall {
  readonly id: Values;
  readonly call: NaiveCall;
  readonly inputs: Values;
  /** Where the view runs; undefined: here, and now. */
  readonly place: Value | undefined;
  /** What stands before the call has come to. */
  readonly way: Bindings;
}

// No variable of a program is called so.
const ID = "$Call";

/** The rule cut at its first call, and the rest at the next one; undefined when it calls nothing. */
export function ruleWithCall(rule: ProgramRule, checked: CheckedProgram, piece = 0): NaiveRule | undefined {
  const { roles, program } = checked;
  const at = rule.body.findIndex((one) => isPredicate(one) && roles.of(one) === "call");
  const literal = rule.body[at];
  const view = literal?.kind === "predicate" ? program.views.get(literal.atom.name.text) : undefined;
  if (literal?.kind !== "predicate" || view === undefined) return undefined;
  const before = rule.body.slice(0, at);
  const after = { ...rule, body: rule.body.slice(at + 1) };
  const whole = naiveRule(after, checked);
  const rest = ruleWithCall(after, checked, piece + 1) ?? {
    ...whole,
    body: withPlainArguments(after.body, piece + 1),
  };
  const start = eventLiterals({ ...rule, body: before }, roles).length > 0 ? "event" : "inserted";
  return { ...whole, body: withPlainArguments(before, piece), start, call: { view, literal, rest } };
}

/** What belongs to one call of the view has its id before its own arguments; what it comes to goes to who waits. */
export function ofOneCall(rule: ProgramRule): ProgramRule {
  const { view, head, body } = rule;
  const heard = body.map((one) => (isPredicate(one) && one.isFailure ? failureEvent(one) : one));
  if (view === undefined) return { ...rule, body: heard };
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
    body: heard.map((one) => (isPredicate(one) ? { ...one, atom: withId(one.atom) } : one)),
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

/** The call that one way to hold what stands before it leads to; none when an argument has no value. */
export function beginCall(
  call: NaiveCall,
  way: Bindings,
  ambient: Ambient,
  caller: string,
  number: number,
): WaitingCall | undefined {
  const { literal, view } = call;
  const given = literal.atom.args.filter((argument) => argument.kind !== "return") as readonly Expression[];
  const inputs = given.map((one) => evaluate(one, way, ambient));
  if (!inputs.every((value) => value !== undefined)) return undefined;
  const ofView = new Map(view.inputs.map(({ name }, at) => [name, inputs[at] as Value]));
  const place = view.location ? evaluate(view.location, ofView, ambient) : placeOf(literal, way, ambient);
  const patience = literal.timeout === undefined ? view.timeout : (constantNumber(literal.timeout) as number);
  const outer = way.get(ID) as Values | undefined;
  const until = Math.min(ambient.now() + patience, (outer?.[2] as number | undefined) ?? Infinity);
  return { id: [caller, number, until], call, inputs, place, way };
}

function placeOf({ atom }: PredicateLiteral, way: Bindings, ambient: Ambient): Value | undefined {
  return atom.location && evaluate(atom.location, way, ambient);
}

export function endOf({ id: [, , until] }: WaitingCall): number {
  return until as number;
}

/** What the returned values are held against: variables, and `&_`. */
export function returnsOf({ literal }: NaiveCall): readonly Expression[] {
  return literal.atom.args.flatMap((argument): readonly Expression[] => {
    if (argument.kind !== "return") return [];
    const { name, span } = argument;
    return [name === undefined ? { kind: "wildcard", span } : { kind: "variable", name, span }];
  });
}

/** Whether nothing more comes of the call. */
export function isEnding({ view }: NaiveCall, outcome: string): boolean {
  return outcome === `${view.name}.fail` || outcome === `${view.name}.${view.many ? "done" : "return"}`;
}
