import type { Atom, Statement } from "../../grammar/ast.ts";
import type { Module } from "../0-load/load.ts";

const NAME = "packet";

/** Whether an atom has the form `packet@To(P)`. */
export function isPacketHead({ name, location, args }: Atom): boolean {
  return name.text === NAME && location !== undefined && args.length === 1;
}

/** Whether the file has a predicate `packet` of its own: it declares, reads or accepts one, or derives one in another form. */
export function ownsPacket({ tree }: Module): boolean {
  return tree.statements.some(isOwn);
}

function isOwn(statement: Statement): boolean {
  switch (statement.kind) {
    case "rule":
      return (
        derives(statement.head) ||
        statement.body.some((literal) => literal.kind === "predicate" && isNamed(literal.atom))
      );
    case "view":
      return isNamed(statement) || statement.body.some(isOwn);
    case "fact":
      return isNamed(statement.atom);
    case "materialize":
    case "accept":
    case "signature":
    case "watch":
      return isNamed(statement);
    default:
      return false;
  }
}

function isNamed({ name }: { readonly name: { readonly text: string } }): boolean {
  return name.text === NAME;
}

function derives(head: Atom): boolean {
  return isNamed(head) && !isPacketHead(head);
}
