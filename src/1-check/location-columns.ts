import type { Atom, Literal, Statement } from "../../grammar/ast.ts";
import type { Module } from "../0-load/load.ts";

/**
 * Returns the module with each location outside the arguments as the first argument: `p@X(Y)` becomes `p(X, Y)`. So one engine can hold the
 * rows of all nodes. `p(@X, Y)` becomes `p(X, X, Y)`.
 */
export function locationColumns(module: Module): Module {
  return { ...module, tree: { ...module.tree, statements: module.tree.statements.map(withColumns) } };
}

function withColumns(statement: Statement): Statement {
  switch (statement.kind) {
    case "rule":
      return { ...statement, head: atomWithColumn(statement.head), body: statement.body.map(literalWithColumn) };
    case "fact":
      return { ...statement, atom: atomWithColumn(statement.atom) };
    default:
      return statement;
  }
}

function literalWithColumn(literal: Literal): Literal {
  return literal.kind === "predicate" ? { ...literal, atom: atomWithColumn(literal.atom) } : literal;
}

function atomWithColumn(atom: Atom): Atom {
  const { args, locatedArgument } = atom;
  const located = locatedArgument === undefined ? undefined : args[locatedArgument];
  const location = located ?? atom.location;
  if (location === undefined) return atom;
  return { ...atom, args: [location, ...args], location: undefined, locatedArgument: undefined };
}
