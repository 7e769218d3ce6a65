import type { Argument, Atom, Signature } from "./ast.ts";
import type { Name, Span } from "./span.ts";

/** Type names of signatures and `accept`. */
const TYPE_NAMES: ReadonlySet<string> = new Set([
  "addr",
  "address",
  "any",
  "bool",
  "bytes",
  "float",
  "id",
  "int",
  "list",
  "number",
  "string",
  "tuple",
]);

/**
 * Returns the signature if all arguments of a lone atom are type names, as in `ron.RT(addr, addr).`, and undefined if the atom is a fact.
 * In a fact, a string that is a type name needs quotes: `"addr"`.
 */
export function signatureOf(atom: Atom, span: Span): Signature | undefined {
  if (atom.location !== undefined || atom.locatedArgument !== undefined || atom.args.length === 0) return undefined;
  const types = atom.args.flatMap((argument) => typeNameOf(argument));
  return types.length === atom.args.length ? { kind: "signature", name: atom.name, types, span } : undefined;
}

function typeNameOf(argument: Argument): readonly Name[] {
  if (argument.kind !== "constant" || !TYPE_NAMES.has(argument.text)) return [];
  return [{ text: argument.text, span: argument.span }];
}
