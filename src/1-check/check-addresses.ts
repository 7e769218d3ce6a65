import type { AddressExpression, Expression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { IP_NETWORK } from "../../runtime/plan/library/functions/addresses.ts";
import { ELSE_SEND, overlayOfAddressTable } from "../program/builtin.ts";
import { overlaysWithOptions, type Predicates } from "../program/predicates.ts";
import type { Program } from "../program/program.ts";
import { isPredicate } from "../program/rule-shape.ts";
import type { Surroundings } from "../program/surroundings.ts";
import { expressionsOfAtom, expressionsOfLiteral, parts } from "../program/visit.ts";

/**
 * Warns of addresses in overlays that no file declares, unless a rule hears of them. Reports options in addresses of overlays that take
 * none. Warns of rules that define the own address of an overlay that no file declares.
 */
export function checkAddresses(
  program: Program,
  predicates: Predicates,
  surroundings: Surroundings | undefined,
): readonly Diagnostic[] {
  const own = new Set(program.overlays.map(({ name }) => name));
  const known = new Set([IP_NETWORK, ...own, ...(surroundings?.overlays ?? [])]);
  const hearsElse = program.rules.some(({ body }) =>
    body.some((literal) => isPredicate(literal) && literal.atom.name.text === ELSE_SEND),
  );
  const others = surroundings?.overlaysWithOptions ?? [];
  const withOptions = new Set([...overlaysWithOptions(program, predicates), ...others]);
  const unknown = program.rules.flatMap(({ head: { name } }) => {
    const overlay = overlayOfAddressTable(name.text);
    return overlay === undefined || known.has(overlay) ? [] : [report("W0204", name.span, { overlay })];
  });
  const wrong = addressesIn(program).flatMap(({ overlay, options, span }) => {
    const name = overlay.text;
    if (!known.has(name)) return hearsElse ? [] : [report("W0202", overlay.span, { overlay: name })];
    if (options.length === 0 || withOptions.has(name)) return [];
    return [report("E0281", span, { overlay: name })];
  });
  return [...unknown, ...wrong];
}

function addressesIn({ rules, facts }: Program): readonly AddressExpression[] {
  const expressions: readonly Expression[] = [
    ...rules.flatMap(({ head, body }) => [...expressionsOfAtom(head), ...body.flatMap(expressionsOfLiteral)]),
    ...facts.flatMap(({ atom }) => expressionsOfAtom(atom)),
  ];
  return expressions.flatMap((one) => parts(one)).filter((part) => part.kind === "address");
}
