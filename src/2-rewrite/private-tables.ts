/**
 * private-tables: tables of one invocation of a view.
 *
 *   def v(X, &Y) { materialize(this.seen, infinity, infinity, keys(1)). .. }
 *
 * `v.seen` has the query id and the return address before its own columns, and the query id in its key; its size is that of each
 * invocation. The invocation is
 * over where the view returns (for good) or fails, and where its caller hears of that: its rows go, by the event `v.over`.
 *
 *   delete v.seen(QID, RetAddr, C1)  :- v.over(QID), v.seen(QID, RetAddr, C1).
 *
 * Elsewhere they go when the longest time that a call can have is up.
 */
import type { Expression } from "../../grammar/ast.ts";
import type { Span } from "../../grammar/span.ts";
import { eventLiterals, type Roles } from "../program/roles.ts";
import type { ProgramRule, TableDeclaration, View } from "../program/program.ts";
import { atomAt, literalAt, variableAt } from "./core.ts";

/** Before the columns that the program names: the query id and the return address. */
const HIDDEN = 2;
const QUERY_COLUMN = 0;

/** The event that an invocation is over on this node. */
export function overEvent(view: View): string {
  return `${view.name}.over`;
}

/** The table with its hidden columns, for invocations of so many seconds. What other tables decide alone lives as long as they do. */
export function privateTable(table: TableDeclaration, seconds: number, isDerived: boolean): TableDeclaration {
  const keys = table.keys.length === 0 ? [] : [0, ...table.keys.map((column) => column + HIDDEN)];
  const keySpans = table.keys.length === 0 ? [] : [table.span, ...table.keySpans];
  const lifetime = isDerived ? table.lifetime : Math.min(table.lifetime, seconds);
  const evict = table.evict.policy === "fifo" ? table.evict : { ...table.evict, column: table.evict.column + HIDDEN };
  return { ...table, keys, keySpans, lifetime, evict, sizePer: table.size === Infinity ? undefined : QUERY_COLUMN };
}

/** Whether only rules over tables fill it: then it is empty when they are. */
export function isDerivedTable(name: string, rules: readonly ProgramRule[], roles: Roles): boolean {
  const own = rules.filter((rule) => rule.head.name.text === name);
  return own.length > 0 && own.every((rule) => !rule.isDelete && eventLiterals(rule, roles).length === 0);
}

/** `delete v.seen(..) :- v.over(QID), v.seen(QID, ..)` */
export function deletionRule(table: string, columns: number, view: View): Pick<ProgramRule, "head" | "body"> {
  const { span } = view;
  const query = variableAt("$QID", span);
  const others = Array.from({ length: columns - 1 }, (_, at) => variableAt(`$C${at}`, span));
  const row = atomAt(table, [query, ...others], span);
  return { head: row, body: [literalAt(overAtom(view, query, span)), literalAt(row)] };
}

/** `v.over(QID)` */
export function overAtom(view: View, query: Expression, span: Span): ReturnType<typeof atomAt> {
  return atomAt(overEvent(view), [query], span);
}
