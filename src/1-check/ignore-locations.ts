import type { Atom, Literal, Statement } from "../../grammar/ast.ts";
import type { Module } from "../0-load/load.ts";

/**
 * Returns the module as a Datalog engine reads it, with a single location: `p(@X, Y)` becomes `p(X, Y)`. A location
 * outside the arguments, `p@X(Y)`, stays, for its removal would remove a column.
 */
export function ignoreLocations(module: Module): Module {
  return { ...module, tree: { ...module.tree, statements: module.tree.statements.map(withoutLocations) } };
}

function withoutLocations(statement: Statement): Statement {
  switch (statement.kind) {
    case "rule":
      return {
        ...statement,
        head: atomWithoutLocation(statement.head),
        body: statement.body.map(literalWithoutLocation),
      };
    case "fact":
      return { ...statement, atom: atomWithoutLocation(statement.atom) };
    default:
      return statement;
  }
}

function literalWithoutLocation(literal: Literal): Literal {
  return literal.kind === "predicate" ? { ...literal, atom: atomWithoutLocation(literal.atom) } : literal;
}

function atomWithoutLocation(atom: Atom): Atom {
  return { ...atom, locatedArgument: undefined };
}
