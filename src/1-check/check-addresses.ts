import type { AddressExpression, Expression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { IP_NETWORK } from "../../runtime/plan/library/functions/addresses.ts";
import { RESERVED_OVERLAYS } from "../../runtime/plan/values/location.ts";
import { ELSE_SEND, overlayOfAddressTable } from "../program/builtin.ts";
import { overlaysWithOptions, type Predicates } from "../program/predicates.ts";
import type { Program } from "../program/program.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { reservedOverlaysIn } from "../program/reserved-overlays.ts";
import type { Surroundings } from "../program/surroundings.ts";
import { expressionsOfAtom, expressionsOfLiteral, operandsOf, parts } from "../program/visit.ts";

/**
 * Warns of addresses in overlays that no file declares, unless a rule reads `else.send`. Addresses nested in another address are exempt:
 * the node that uses them may declare their overlay. A closed program is exempt too: it sends nothing, so its addresses are only values.
 * Also reports addresses in overlays with a reserved name, options in addresses of overlays that take none, and warns of rules that define
 * the own address of an undeclared overlay.
 */
export function checkAddresses(
  program: Program,
  predicates: Predicates,
  surroundings: Surroundings | undefined,
  isClosed: boolean,
): readonly Diagnostic[] {
  const own = new Set(program.overlays.map(({ name }) => name));
  const known = new Set([IP_NETWORK, ...own, ...(surroundings?.overlays ?? [])]);
  const readsElse = program.rules.some(({ body }) =>
    body.some((literal) => isPredicate(literal) && literal.atom.name.text === ELSE_SEND),
  );
  const others = surroundings?.overlaysWithOptions ?? [];
  const withOptions = new Set([...overlaysWithOptions(program, predicates), ...others]);
  const unknown = program.rules.flatMap(({ head: { name } }) => {
    const overlay = overlayOfAddressTable(name.text);
    return overlay === undefined || known.has(overlay) ? [] : [report("W0204", name.span, { overlay })];
  });
  const composed = composedIn(program);
  const outermost = new Set(composed.flatMap(outermostAddresses));
  const wrong = addressesIn(composed).flatMap((address) => {
    const { overlay, options, span } = address;
    const name = overlay.text;
    if (RESERVED_OVERLAYS.has(name)) return [];
    if (!known.has(name)) {
      return isClosed || readsElse || !outermost.has(address) ? [] : [report("W0202", overlay.span, { overlay: name })];
    }
    if (options.length === 0 || withOptions.has(name)) return [];
    return [report("E0281", span, { overlay: name })];
  });
  return [...unknown, ...composed.flatMap((one) => reservedOverlaysIn(one, own)), ...wrong];
}

function addressesIn(expressions: readonly Expression[]): readonly AddressExpression[] {
  return expressions.flatMap((one) => parts(one)).filter((part) => part.kind === "address");
}

/** Returns the expressions that may contain an address: all but lone variables and constants, which are the most frequent. */
function composedIn({ rules, facts }: Program): readonly Expression[] {
  const found: Expression[] = [];
  const add = (expressions: readonly Expression[]): void => {
    for (const one of expressions) if (one.kind !== "variable" && one.kind !== "constant") found.push(one);
  };
  for (const { head, body } of rules) {
    add(expressionsOfAtom(head));
    for (const literal of body) add(expressionsOfLiteral(literal));
  }
  for (const { atom } of facts) add(expressionsOfAtom(atom));
  return found;
}

function outermostAddresses(expression: Expression): readonly AddressExpression[] {
  return expression.kind === "address" ? [expression] : operandsOf(expression).flatMap(outermostAddresses);
}
