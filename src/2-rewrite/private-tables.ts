/**
 * private-tables: each invocation of a view has its own rows in the tables of the view.
 *
 *   def v(X, &Y) { materialize(this.seen, infinity, infinity, keys(1)). .. }
 *
 * `v.seen` has the query id and the return address before the declared columns, and the query id in its key. The declared size limit
 * applies to each invocation. The event `v.over` ends the invocation and deletes its rows. The node that runs the view
 * raises it when the view returns for the last time or fails. The node of the caller raises it when it receives this
 * outcome or the call times out.
 *
 *   delete v.seen(QID, RetAddr, C1)  :- v.over(QID), v.seen(QID, RetAddr, C1).
 *
 * Rows on nodes other than these two expire after the longest timeout of all calls in the program.
 */
import type { Expression } from "../../grammar/ast.ts";
import { isKeyed } from "../../runtime/plan/values/predicate-spec.ts";
import type { Span } from "../../grammar/span.ts";
import { eventLiterals, type Roles } from "../program/roles.ts";
import type { ProgramRule, TableDeclaration, View } from "../program/program.ts";
import { atomAt, literalAt, variableAt } from "./core.ts";

/** Number of hidden columns that precede the columns of the program: the query id and the return address. */
const HIDDEN = 2;
const QUERY_COLUMN = 0;

/** The event that ends an invocation on this node. */
export function overEvent(view: View): string {
  return `${view.name}.over`;
}

/**
 * Adds the hidden columns to a table of `arity` columns, and limits its lifetime to `seconds`, the length of the longest invocation. The
 * lifetime of derived tables is not limited.
 */
export function privateTable(
  table: TableDeclaration,
  arity: number,
  seconds: number,
  isDerived: boolean,
): TableDeclaration {
  const keys = !isKeyed(arity, table) ? [] : [0, ...table.keys.map((column) => column + HIDDEN)];
  const keySpans = !isKeyed(arity, table) ? [] : [table.span, ...table.keySpans];
  const lifetime = isDerived ? table.lifetime : Math.min(table.lifetime, seconds);
  const evict = table.evict.policy === "fifo" ? table.evict : { ...table.evict, column: table.evict.column + HIDDEN };
  return { ...table, keys, keySpans, lifetime, evict, sizePer: table.size === Infinity ? undefined : QUERY_COLUMN };
}

/** Whether the table is derived: only rules over tables fill it, so its rows are deleted with the rows that they derive from. */
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
