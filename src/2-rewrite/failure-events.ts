/** failure-events: which rules read failures of calls, and the events that they read. `expand-views.ts` raises these events. */
import type { Literal } from "../../grammar/ast.ts";
import type { ProgramRule } from "../program/program.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { isPrivate } from "./invocation.ts";

/** Events of failures that rules read. */
export function handledFailures(rules: readonly ProgramRule[]): ReadonlySet<string> {
  const handled = rules.flatMap((rule) =>
    failuresIn(rule).map((view) =>
      rule.view !== undefined && isOfInvocation(rule)
        ? failureOfInvocation(view, rule.view)
        : failureEvent(view, rule.overlay),
    ),
  );
  return new Set(handled);
}

/** Views with a rule that reads failures of calls that its own invocation made. */
export function failureReaders(rules: readonly ProgramRule[]): ReadonlySet<string> {
  const readers = rules.filter((rule) => isOfInvocation(rule) && failuresIn(rule).length > 0);
  return new Set(readers.flatMap(({ view }) => view ?? []));
}

/** Returns the views whose failures the rule reads. */
export function failuresIn({ body }: ProgramRule): readonly string[] {
  return body.flatMap((literal) => (literal.kind === "predicate" && literal.isFailure ? [literal.atom.name.text] : []));
}

/** Whether the rule calls the view. */
export function calls({ body }: ProgramRule, view: string): boolean {
  return body.some((literal) => isPredicate(literal) && !literal.isFailure && literal.atom.name.text === view);
}

/** Whether the rule of a definition belongs to an invocation: its head or a literal of its body is `this.x`. */
export function isOfInvocation({ view, head, body }: ProgramRule): boolean {
  if (view === undefined) return false;
  const isOwn = (literal: Literal): boolean =>
    isPredicate(literal) && !literal.isFailure && isPrivate(literal.atom.name.text, view);
  return head.name.text.startsWith(`${view}.`) || body.some(isOwn);
}

/** Views with calls that have an outcome, and with rules that fail. */
export function reportedFailures(rules: readonly ProgramRule[]): ReadonlySet<string> {
  const heads = new Set(rules.map(({ head }) => head.name.text));
  const calls = rules.flatMap(({ body }) => body.filter(isPredicate).filter(({ outcome }) => outcome !== undefined));
  const views = calls.map(({ atom }) => atom.name.text).filter((view) => heads.has(`${view}.fail`));
  return new Set(views);
}

/** Event of the failures of calls of one view that an invocation of another view makes. It is private to the invocation. */
export function failureOfInvocation(view: string, caller: string): string {
  return `${caller}.${view}!fail`;
}

/** Failures are visible only in the overlay instance that made the call. */
export function failureEvent(view: string, overlay: string | undefined): string {
  return overlay === undefined ? `${view}!fail` : `${overlay}:${view}!fail`;
}
