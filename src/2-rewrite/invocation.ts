/**
 * invocation: private predicates of a view get hidden arguments that identify the invocation.
 *
 *   this.x(A)   becomes   v.x(QID, RetAddr, A)
 *                         v.x(QID, RetAddr, Left, A)   in a view that calls others
 *
 * `Left` is the number of seconds that the caller still waits. Calls inside the view must end within this time. Private tables have no
 * column for `Left`, because the value in a row would soon be out of date.
 */
import type { Atom, Expression, Literal } from "../../grammar/ast.ts";
import type { Span } from "../../grammar/span.ts";
import { deltaEventNamed } from "../program/delta-events.ts";
import type { Roles } from "../program/roles.ts";
import { isPredicate } from "../program/rule-shape.ts";
import type { ProgramRule, View } from "../program/program.ts";
import { assignAt, constantAt, variableAt } from "./core.ts";

// No variable of a program begins with `$`.
export const QUERY = "$QID";
export const RETURN_ADDRESS = "$RetAddr";
export const LEFT = "$Left";

export function isOutcome(name: string, view: string): boolean {
  return name === `${view}.return` || name === `${view}.fail` || name === `${view}.done`;
}

/** The outcomes that end an invocation. */
export function endings({ name, many }: View): readonly string[] {
  return [many ? `${name}.done` : `${name}.return`, `${name}.fail`];
}

export function isPrivate(name: string, view: string): boolean {
  return name.startsWith(`${view}.`) && !isOutcome(name, view);
}

/** Hidden arguments of the private predicates of a program. */
export class Invocations {
  readonly #isTable: (name: string) => boolean;
  readonly #withDeadline: ReadonlySet<string>;

  constructor(rules: readonly ProgramRule[], roles: Roles) {
    this.#isTable = (name) => roles.isTable(name);
    const calls = (rule: ProgramRule): boolean =>
      rule.body.some((literal) => isPredicate(literal) && roles.of(literal) === "call");
    this.#withDeadline = new Set(rules.flatMap((rule) => (rule.view !== undefined && calls(rule) ? [rule.view] : [])));
  }

  /** Whether invocations of the view know their deadline. Only a view that calls views needs it. */
  hasDeadline(view: string): boolean {
    return this.#withDeadline.has(view);
  }

  /** Returns the hidden variables of a private predicate. */
  hidden(predicate: string, view: string): readonly string[] {
    return this.#hasLeft(predicate, view) ? [QUERY, RETURN_ADDRESS, LEFT] : [QUERY, RETURN_ADDRESS];
  }

  #hasLeft(predicate: string, view: string): boolean {
    const isRow = this.#isTable(predicate) || deltaEventNamed(predicate, this.#isTable) !== undefined;
    return this.hasDeadline(view) && !isRow;
  }

  /** Adds the hidden arguments to the private predicates of a rule of the definition. */
  withHiddenArguments(rule: ProgramRule, view: View): ProgramRule {
    const isOwn = (literal: Literal): boolean => isPredicate(literal) && isPrivate(literal.atom.name.text, view.name);
    const body = rule.body.map((literal) =>
      isPredicate(literal) && isOwn(literal) ? { ...literal, atom: this.#atom(literal.atom, view) } : literal,
    );
    return { ...rule, head: this.#head(rule.head, view), body: [...this.#limit(rule, view), ...body] };
  }

  /** Assigns the timeout of the view to `Left` in a rule without a private event, where the beginning of the invocation is unknown. */
  #limit({ body, span }: ProgramRule, view: View): readonly Literal[] {
    const isGiven = body.some(
      (literal) =>
        isPredicate(literal) &&
        isPrivate(literal.atom.name.text, view.name) &&
        this.#hasLeft(literal.atom.name.text, view.name),
    );
    return isGiven || !this.hasDeadline(view.name) ? [] : [assignAt(LEFT, constantAt(view.timeout, span))];
  }

  #head(head: Atom, view: View): Atom {
    const { text } = head.name;
    const back = variableAt(RETURN_ADDRESS, head.span);
    if (isOutcome(text, view.name)) return { ...withHidden(head, [QUERY]), location: back };
    return isPrivate(text, view.name) ? this.#atom(head, view) : head;
  }

  #atom(atom: Atom, view: View): Atom {
    return withHidden(atom, this.hidden(atom.name.text, view.name));
  }
}

/** The hidden arguments of `v.init`: query id, return address and, if the view needs it, the time left. */
export function initHidden(
  invocations: Invocations,
  view: View,
  query: Expression,
  back: Expression,
  left: Expression,
): readonly Expression[] {
  return invocations.hasDeadline(view.name) ? [query, back, left] : [query, back];
}

function withHidden(atom: Atom, names: readonly string[]): Atom {
  const located = atom.locatedArgument;
  const locatedArgument = located === undefined ? undefined : located + names.length;
  return { ...atom, locatedArgument, args: [...variablesAt(names, atom.span), ...atom.args] };
}

function variablesAt(names: readonly string[], span: Span): readonly Expression[] {
  return names.map((name) => variableAt(name, span));
}
