import type { Argument, Expression } from "../../grammar/ast.ts";
import { variablesIn } from "../program/visit.ts";
import type { CoreRule } from "../2-rewrite/core.ts";
import type { Column } from "./strand.ts";

/**
 * Classifies the columns of a head with an aggregate. If the head's table has a key, plain arguments outside the key come from the winning
 * row. All other plain arguments are groups. `args` are the arguments of the head, or replacements for them.
 */
export function aggregateColumns(
  { groupKeys }: CoreRule,
  args: readonly Argument[],
  tableKeys: readonly number[],
): readonly Column[] {
  const keys = groupKeys ?? tableKeys;
  return args.map((argument, column): Column => {
    if (argument.kind === "aggregate") {
      return { kind: "aggregate", function: argument.function, operand: argument.operand };
    }
    const groups = keys.length === 0 || keys.includes(column);
    return { kind: groups ? "group" : "winner", value: argument as Expression };
  });
}

/** Classifies the columns of a rule that an event triggers. At run time, columns of the winning row are null if no row joins the event. */
export function eventColumns(rule: CoreRule, keys: readonly number[]): readonly Column[] {
  const columns = aggregateColumns(rule, rule.head.args, keys);
  if (rule.isOverlog && (rule.groupKeys ?? keys).length === 0) return withWinners(columns, rule);
  // Unless there is exactly one `min` or `max`, no row wins. Then the checks require that the event determines all plain columns.
  return columns.filter(isExtreme).length === 1 ? columns : columns.map(asGroup);
}

function asGroup(column: Column): Column {
  return column.kind === "winner" ? { kind: "group", value: column.value } : column;
}

function isExtreme(column: Column): boolean {
  return column.kind === "aggregate" && (column.function === "min" || column.function === "max");
}

/** In OverLog, columns that the event does not bind come from the winning row of the only `min` or `max`. */
function withWinners(columns: readonly Column[], rule: CoreRule): readonly Column[] {
  if (columns.filter(isExtreme).length !== 1) return columns;
  const known = knownFromTrigger(rule);
  return columns.map((column) => {
    const isKnown = column.kind !== "group" || variablesIn(column.value).every(({ name }) => known.has(name));
    return isKnown ? column : { kind: "winner", value: column.value };
  });
}

function knownFromTrigger({ trigger, body }: CoreRule): ReadonlySet<string> {
  const args = trigger.kind === "maintained" ? [] : trigger.literal.atom.args;
  const known = new Set(args.flatMap((argument) => (argument.kind === "variable" ? [argument.name] : [])));
  for (let size = -1; size !== known.size; ) {
    size = known.size;
    for (const literal of body) {
      if (literal.kind !== "assign") continue;
      if (variablesIn(literal.value).every(({ name }) => known.has(name))) known.add(literal.target.name);
    }
  }
  return known;
}
