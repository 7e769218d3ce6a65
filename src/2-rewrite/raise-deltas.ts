/**
 * raise-deltas: adds the rules that raise the delta events of tables.
 *
 *   h(X) :- link_DELTA_INSERT(X, Y).   adds   link_DELTA_INSERT(X, Y) :- inserted link(X, Y).
 */
import type { Expression } from "../../grammar/ast.ts";
import type { Span } from "../../grammar/span.ts";
import { deltaEventNamed } from "../program/delta-events.ts";
import { isPredicate } from "../program/rule-shape.ts";
import type { TableDeclaration } from "../program/program.ts";
import { atomAt, literalAt, variableAt } from "./core.ts";
import type { ExpandedRule } from "./expanded-rule.ts";

/** Returns the rules that raise the delta events that the given rules read. */
export function raiseDeltas(
  rules: readonly ExpandedRule[],
  tables: ReadonlyMap<string, TableDeclaration>,
  arities: ReadonlyMap<string, number>,
): readonly ExpandedRule[] {
  const read = new Map<string, Span>();
  for (const literal of rules.flatMap(({ body }) => body).filter(isPredicate)) {
    read.set(literal.atom.name.text, literal.span);
  }
  return [...read].flatMap(([name, span]) => {
    const delta = deltaEventNamed(name, (table) => tables.has(table));
    if (delta === undefined) return [];
    const args = columns(arities.get(name) ?? 0, span);
    const trigger = { kind: delta.kind, literal: literalAt(atomAt(delta.table, args, span)) };
    return [
      {
        name,
        overlay: undefined,
        view: undefined,
        isOverlog: false,
        isDelete: false,
        head: atomAt(name, args, span),
        body: [],
        span,
        trigger,
        suspends: false,
      },
    ];
  });
}

function columns(count: number, span: Span): readonly Expression[] {
  return Array.from({ length: count }, (_, at) => variableAt(`$${at + 1}`, span));
}
