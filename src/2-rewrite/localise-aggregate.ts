/**
 * localise-aggregate: if the location of a head is an aggregate, the rule first derives a local tuple, and a second rule sends it.
 *
 *   ask(@min<B>, K) :- e(K), t(K, B).   becomes   r?local(min<B>, K) :- e(K), t(K, B).
 *                                                 ask(@$1, $2)       :- r?local($1, $2).
 *
 * If the rule defines a table, the local predicate is a table too, and the remote table is maintained from it.
 */
import type { Argument, Atom, Expression } from "../../grammar/ast.ts";
import type { TableDeclaration } from "../program/program.ts";
import { atomAt, constantAt, literalAt, variableAt } from "./core.ts";
import type { ExpandedRule } from "./expanded-rule.ts";
import type { HiddenTables } from "./hidden-tables.ts";
import { readsOnlyTables } from "./reads-only-tables.ts";

export function localiseAggregate(
  rule: ExpandedRule,
  tables: ReadonlyMap<string, TableDeclaration>,
  isTable: (name: string) => boolean,
  hidden: HiddenTables,
): readonly ExpandedRule[] {
  const { head, span } = rule;
  if (head.locatedArgument === undefined || head.args[head.locatedArgument]?.kind !== "aggregate") return [rule];
  const wanted = `${rule.name}?local`;
  const keys = tables.get(head.name.text)?.keys ?? [];
  const count = head.args.length;
  const name = defines(rule, isTable)
    ? hidden.add(wanted, count, span, keys.length === 0 ? undefined : keys)
    : hidden.addEvent(wanted, count);
  const columns = head.args.map((_, at): Expression => variableAt(`$${at + 1}`, span));
  const args = head.args.map(withoutWildcard);
  const local: Atom = { ...head, name: { text: name, span }, locatedArgument: undefined, args };
  const sent: Atom = { ...atomAt(head.name.text, columns, span), locatedArgument: head.locatedArgument };
  return [
    { ...rule, isDelete: false, head: local, groupKeys: keys },
    { ...rule, isOverlog: false, head: sent, body: [literalAt(atomAt(name, columns, span))], trigger: undefined },
  ];
}

function defines(rule: ExpandedRule, isTable: (name: string) => boolean): boolean {
  return isTable(rule.head.name.text) && !rule.isDelete && readsOnlyTables(rule, isTable);
}

/** Replaces a wildcard in the head of a deletion by null, because a wildcard cannot be sent. */
export function withoutWildcard(argument: Argument): Argument {
  return argument.kind === "wildcard" ? constantAt(null, argument.span) : argument;
}
