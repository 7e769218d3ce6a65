import type { Atom, Literal, Statement } from "../../grammar/ast.ts";
import type { Module } from "../0-load/load.ts";

/**
 * The module as a Datalog engine reads it, where all places are one: `p(@X, Y)` is `p(X, Y)`. What stands outside of the
 * arguments, `p@X(Y)`, stays: to leave it out would leave out a column.
 */
export function ignoreLocations(module: Module): Module {
  return { ...module, tree: { ...module.tree, statements: module.tree.statements.map(statementAnywhere) } };
}

function statementAnywhere(statement: Statement): Statement {
  switch (statement.kind) {
    case "rule":
      return { ...statement, head: anywhere(statement.head), body: statement.body.map(literalAnywhere) };
    case "fact":
      return { ...statement, atom: anywhere(statement.atom) };
    default:
      return statement;
  }
}

function literalAnywhere(literal: Literal): Literal {
  return literal.kind === "predicate" ? { ...literal, atom: anywhere(literal.atom) } : literal;
}

function anywhere(atom: Atom): Atom {
  return { ...atom, locatedArgument: undefined };
}
