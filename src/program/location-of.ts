import type { Atom, Expression } from "../../grammar/ast.ts";

/** Returns the location of an atom: `p@Here(..)` or `p(@Here, ..)`. */
export function locationOf(atom: Atom): Expression | undefined {
  if (atom.location !== undefined) return atom.location;
  const argument = atom.locatedArgument === undefined ? undefined : atom.args[atom.locatedArgument];
  return argument === undefined || argument.kind === "return" || argument.kind === "aggregate" ? undefined : argument;
}
