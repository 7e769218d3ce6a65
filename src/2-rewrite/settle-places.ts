/**
 * settle-places: locations leave the bodies, and stay on a head only where its tuple may travel.
 *
 *   h@Y(X) :- e@X(Y).        becomes   h@Y(X) :- e(Y), X := local address.
 *   h(@X, Y) :- e(@X, Y).    becomes   h(X, Y) :- e(X, Y).
 */
import type { Atom, Expression, Literal } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { isPredicate } from "../1-check/rule-shape.ts";
import { localAddressAt } from "./core.ts";
import type { ExpandedRule } from "./expand-views.ts";
import { placeOf } from "./place-of.ts";

export function settlePlaces(rule: ExpandedRule, diagnostics: Diagnostic[]): ExpandedRule | undefined {
  const places = new Map<string, Expression>();
  for (const literal of rule.body) if (isPredicate(literal)) addPlace(literal.atom, places);
  if (rule.trigger !== undefined) addPlace(rule.trigger.literal.atom, places);
  const names = [...places.keys()];
  const stray = [...places.values()].find((place) => place.kind !== "variable");
  if (names.length > 1 || stray !== undefined) {
    diagnostics.push(report("E0208", rule.span, { what: "a rule whose body spans several places" }));
    return undefined;
  }
  return { ...rule, head: settledHead(rule.head, names[0]), body: settledBody(rule, places) };
}

function addPlace(atom: Atom, places: Map<string, Expression>): void {
  const place = placeOf(atom);
  if (place !== undefined) places.set(place.kind === "variable" ? place.name : `at ${place.span.start}`, place);
}

/** The event's own location is here: such a head stays, as one without a location does. */
function settledHead(head: Atom, here: string | undefined): Atom {
  const place = placeOf(head);
  const isHere = place === undefined || (place.kind === "variable" && place.name === here);
  return { ...head, locatedArgument: undefined, location: isHere ? undefined : place };
}

/** A location that is stored is an ordinary argument; one that is not is this node's own address. */
function settledBody(rule: ExpandedRule, places: ReadonlyMap<string, Expression>): readonly Literal[] {
  const body = rule.body.map((literal) =>
    isPredicate(literal) ? { ...literal, atom: unplaced(literal.atom) } : literal,
  );
  const unstored = rule.body.some((literal) => isPredicate(literal) && literal.atom.location !== undefined);
  const place = [...places.values()][0];
  if (!unstored || place?.kind !== "variable") return body;
  return [
    ...body,
    { kind: "assign", target: place, value: localAddressAt(rule.overlay, place.span), span: place.span },
  ];
}

function unplaced(atom: Atom): Atom {
  return { ...atom, location: undefined, locatedArgument: undefined };
}
