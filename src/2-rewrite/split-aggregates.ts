/**
 * split-aggregates: if an argument of a head is an expression over aggregates, the rule first derives the aggregates, and a second rule
 * computes the expression.
 *
 *   succs(N, f_take(set<E>, R)) :- e(N, R), t(E).   becomes   r?parts(set<E>, N, R) :- e(N, R), t(E).
 *                                                             succs(N, f_take($1, R)) :- r?parts($1, N, R).
 *
 * The other variables of the head are the groups. Over tables `r?parts` is a table. If the head is then an event or a deletion, a second
 * table keeps its arguments, so that the rule runs when the value of an expression changes, and not whenever an aggregate does.
 */
import type { Aggregate, Argument, Atom, Expression } from "../../grammar/ast.ts";
import { printExpression } from "../../grammar/print.ts";
import { combinesAggregates, isAggregate, variablesOutsideAggregates } from "../program/rule-shape.ts";
import { rewriteExpression } from "../program/rewrite-expression.ts";
import { parts } from "../program/visit.ts";
import { atomAt, literalAt, variableAt } from "./core.ts";
import type { ExpandedRule } from "./expanded-rule.ts";
import type { HiddenTables } from "./hidden-tables.ts";
import { withoutWildcard } from "./localise-aggregate.ts";
import { readsOnlyTables } from "./reads-only-tables.ts";

export function splitAggregates(
  rule: ExpandedRule,
  isTable: (name: string) => boolean,
  hidden: HiddenTables,
): readonly ExpandedRule[] {
  const { head, span } = rule;
  if (!head.args.some(combinesAggregates)) return [rule];
  const aggregates = aggregatesOf(head);
  const groups = groupsOf(head);
  const count = aggregates.length + groups.length;
  const groupKeys = groups.map((_, at) => aggregates.length + at);
  const isMaintained = readsOnlyTables(rule, isTable);
  const name = isMaintained
    ? hidden.add(`${rule.name}?parts`, count, span, groupKeys.length === 0 ? undefined : groupKeys)
    : hidden.addEvent(`${rule.name}?parts`, count);
  const columns = aggregates.map(
    (aggregate, at): Expression => ({
      kind: "variable",
      name: `$Part${at + 1}`,
      shownAs: printExpression(aggregate),
      span,
    }),
  );
  const combined: Atom = { ...head, args: withColumns(head.args, columns) };
  const source = literalAt(atomAt(name, [...columns, ...groups], span));
  const result = { ...rule, trigger: undefined, head: combined, body: [source] };
  const isStored = isTable(head.name.text) && !rule.isDelete;
  const partsHead = atomAt(name, [...aggregates, ...groups], span);
  const part = { ...rule, isDelete: false, head: partsHead, groupKeys, combinedIn: head.name.text };
  return isMaintained && !isStored ? [part, ...throughTable(result, hidden)] : [part, result];
}

/** Keeps the arguments of an event or a deletion in a hidden table. */
function throughTable(rule: ExpandedRule, hidden: HiddenTables): readonly ExpandedRule[] {
  const { head, span } = rule;
  const location = head.location === undefined ? [] : [head.location];
  const args = [...head.args.map(withoutWildcard), ...location];
  const name = hidden.add(`${rule.name}?value`, args.length, span);
  const values = args.map((_, at) => variableAt(`$Value${at + 1}`, span));
  const raised: Atom = {
    ...head,
    location: head.location && values[head.args.length],
    args: values.slice(0, head.args.length),
  };
  return [
    { ...rule, isDelete: false, head: atomAt(name, args, span) },
    { ...rule, head: raised, body: [literalAt(atomAt(name, values, span))] },
  ];
}

function aggregatesOf({ args }: Atom): readonly Aggregate[] {
  return args.flatMap((argument) => (argument.kind === "return" ? [] : parts(argument).filter(isAggregate)));
}

/** Returns the variables outside of the aggregates, each once. */
function groupsOf({ args, location }: Atom): readonly Expression[] {
  const expressions = args.filter((argument) => argument.kind !== "return");
  const all = location === undefined ? expressions : [location, ...expressions];
  const variables = all.flatMap(variablesOutsideAggregates);
  return [...new Map(variables.map((variable) => [variable.name, variable])).values()];
}

/** Replaces the aggregates by the columns, in the order of the text. */
function withColumns(args: readonly Argument[], columns: readonly Expression[]): readonly Argument[] {
  let next = 0;
  const replace = (part: Expression): Expression => (isAggregate(part) ? (columns[next++] as Expression) : part);
  return args.map((argument) => (argument.kind === "return" ? argument : rewriteExpression(argument, replace)));
}
