/** failure-events: finds the rules that read failures of calls, and names the events of failures. `expand-views.ts` raises the events. */
import type { Literal } from "../../grammar/ast.ts";
import type { ProgramRule } from "../program/program.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { isPrivate } from "./invocation.ts";

/** Returns the failure events that rules read. */
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

/** Returns the views with a rule that reads failures of calls made by its own invocation. */
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

/** Whether the rule runs for a single invocation of a view: it is in the definition, and its head or a body literal is `this.x`. */
export function isOfInvocation({ view, head, body }: ProgramRule): boolean {
  if (view === undefined) return false;
  const isOwn = (literal: Literal): boolean =>
    isPredicate(literal) && !literal.isFailure && isPrivate(literal.atom.name.text, view);
  return head.name.text.startsWith(`${view}.`) || body.some(isOwn);
}

/** Returns the views that raise `this.fail` and that some rule calls with `outcome(..)`. */
export function reportedFailures(rules: readonly ProgramRule[]): ReadonlySet<string> {
  const heads = new Set(rules.map(({ head }) => head.name.text));
  const calls = rules.flatMap(({ body }) => body.filter(isPredicate).filter(({ outcome }) => outcome !== undefined));
  const views = calls.map(({ atom }) => atom.name.text).filter((view) => heads.has(`${view}.fail`));
  return new Set(views);
}

/** Event, private to an invocation of `caller`, that a call of `view` by this invocation failed. */
export function failureOfInvocation(view: string, caller: string): string {
  return `${caller}.${view}!fail`;
}

/** Event that a call of `view` failed. Only rules of the overlay instance that made the call can read it. */
export function failureEvent(view: string, overlay: string | undefined): string {
  return overlay === undefined ? `${view}!fail` : `${overlay}:${view}!fail`;
}
