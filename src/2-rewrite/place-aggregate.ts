/**
 * place-aggregate: a head that goes where its aggregate says is made here first.
 *
 *   ask(@min<B>, K) :- e(K), t(K, B).   becomes   r?place(min<B>, K) :- e(K), t(K, B).
 *                                                 ask(@$1, $2)       :- r?place($1, $2).
 */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Atom, Expression } from "../../grammar/ast.ts";
import { report } from "../../grammar/report.ts";
import type { TableDeclaration } from "../program.ts";
import { atomAt, literalAt, variableAt } from "./core.ts";
import type { ExpandedRule } from "./expand-views.ts";

export function placeAggregate(
  rule: ExpandedRule,
  tables: ReadonlyMap<string, TableDeclaration>,
  arities: Map<string, number>,
  diagnostics: Diagnostic[],
): readonly ExpandedRule[] {
  const { head, span } = rule;
  if (head.locatedArgument === undefined || head.args[head.locatedArgument]?.kind !== "aggregate") return [rule];
  if (hasWinners(head, tables)) {
    diagnostics.push(report("E0208", head.span, { what: "a place and other columns that come from the winning row" }));
    return [];
  }
  const name = `${rule.name}?place`;
  const columns = head.args.map((_, at): Expression => variableAt(`$${at + 1}`, span));
  arities.set(name, columns.length);
  const made: Atom = { ...head, name: { text: name, span }, locatedArgument: undefined };
  const sent: Atom = { ...atomAt(head.name.text, columns, span), locatedArgument: head.locatedArgument };
  return [
    { ...rule, isDelete: false, head: made },
    { ...rule, isOverlog: false, head: sent, body: [literalAt(atomAt(name, columns, span))], trigger: undefined },
  ];
}

function hasWinners(head: Atom, tables: ReadonlyMap<string, TableDeclaration>): boolean {
  const keys = tables.get(head.name.text)?.keys ?? [];
  return keys.length > 0 && head.args.some((argument, at) => argument.kind !== "aggregate" && !keys.includes(at));
}
