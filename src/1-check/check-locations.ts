import type { Argument, Atom, Expression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { isHostPort } from "../../runtime/plan/values/location.ts";
import type { Program } from "../program/program.ts";
import { isPredicate } from "../program/rule-shape.ts";

/** Name or address of a host, as against a word such as "NIL", which a program may use for "no location". */
const HOST = /^localhost$|[.:]/;

/** Reports constant locations of rules and facts that name a host without a port: no tuple can be sent there. */
export function checkLocations({ rules, facts }: Program): readonly Diagnostic[] {
  const atoms = [
    ...rules.flatMap(({ head, body }) => [head, ...body.filter(isPredicate).map(({ atom }) => atom)]),
    ...facts.map(({ atom }) => atom),
  ];
  return atoms.flatMap((atom) => {
    const location = locationArgument(atom);
    if (location?.kind !== "constant" || typeof location.value !== "string") return [];
    if (isHostPort(location.value) || !HOST.test(location.value)) return [];
    return [report("E0266", location.span, { text: location.text })];
  });
}

/** Returns the location of an atom, written before or among its arguments. */
export function locationArgument(atom: Atom): Argument | Expression | undefined {
  return atom.location ?? (atom.locatedArgument === undefined ? undefined : atom.args[atom.locatedArgument]);
}
