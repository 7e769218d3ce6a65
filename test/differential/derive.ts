import type { Aggregate, Argument, Atom, Expression } from "../../grammar/ast.ts";
import type { Ambient } from "../../runtime/plan/contract/function-spec.ts";
import { divide } from "../../runtime/plan/library/operators/operators.ts";
import {
  compare,
  compareValues,
  equal,
  equalValues,
  type Values,
  type Value,
} from "../../runtime/plan/values/value.ts";
import { type Bindings, evaluate } from "./evaluate.ts";
import { Runaway } from "./peer.ts";

/** A tuple that a rule derives; the place is there when the head has one. */
export interface Derived {
  readonly args: Values;
  readonly place: Value | undefined;
}

/** What an aggregate makes of the ways that agree on the columns it groups by. */
export interface Group {
  readonly row: Values;
  readonly members: readonly Bindings[];
}

/** One tuple for each way; a way in which an argument has no value derives nothing. */
export function deriveEach(head: Atom, ways: readonly Bindings[], ambient: Ambient): readonly Derived[] {
  return ways.flatMap((way) => {
    const args = valuesOf(head.args as readonly Expression[], way, ambient);
    const place = head.location && evaluate(head.location, way, ambient);
    const isPlaced = head.location === undefined || place !== undefined;
    return args !== undefined && isPlaced ? [{ args, place }] : [];
  });
}

/** The aggregates of an event rule: one tuple over all ways, grouped by what `start` says of the event. */
export function deriveOne(
  head: Atom,
  keys: readonly number[],
  ways: readonly Bindings[],
  start: Bindings,
  ambient: Ambient,
): readonly Derived[] {
  const place = head.location && evaluate(head.location, start, ambient);
  if (head.location !== undefined && place === undefined) return [];
  const groups = head.args.map((argument, column) =>
    isGroup(argument, column, keys) ? evaluate(argument, start, ambient) : null,
  );
  if (groups.some((value) => value === undefined)) return [];
  const args = aggregated(head.args, keys, ways, groups as Values, ambient);
  return args === undefined ? [] : [{ args, place }];
}

/** The aggregates of a view rule: one row for each group that some way is in. */
export function deriveGroups(
  head: Atom,
  keys: readonly number[],
  ways: readonly Bindings[],
  ambient: Ambient,
): readonly Group[] {
  const groups: { readonly values: Values; readonly ways: Bindings[] }[] = [];
  for (const way of ways) {
    const values = head.args.map((argument, column) =>
      isGroup(argument, column, keys) ? evaluate(argument, way, ambient) : null,
    );
    if (values.some((value) => value === undefined)) continue;
    const known = groups.find((group) => equalValues(group.values, values as Values));
    if (known === undefined) groups.push({ values: values as Values, ways: [way] });
    else known.ways.push(way);
  }
  return groups.flatMap(({ values, ways: all }) => {
    const members = all.filter((way) => operandsOf(head.args, keys, way, ambient) !== undefined);
    const row = members.length === 0 ? undefined : aggregated(head.args, keys, members, values, ambient);
    return row === undefined ? [] : [{ row, members }];
  });
}

function valuesOf(expressions: readonly Expression[], way: Bindings, ambient: Ambient): Values | undefined {
  const values = expressions.map((expression) => evaluate(expression, way, ambient));
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** Outside the key of the head's table, a column comes from the row that wins the `min` or `max`. */
function isGroup(argument: Argument, column: number, keys: readonly number[]): argument is Expression {
  return argument.kind !== "aggregate" && (keys.length === 0 || keys.includes(column));
}

function isWinner(argument: Argument, column: number, keys: readonly number[]): argument is Expression {
  return argument.kind !== "aggregate" && !isGroup(argument, column, keys);
}

/**
 * What one way gives each column to work on. A way that fails for one column, or gives `sum` or `avg` what is no
 * number, is a derivation that fails: no column has it.
 */
function operandsOf(
  args: readonly Argument[],
  keys: readonly number[],
  way: Bindings,
  ambient: Ambient,
): Values | undefined {
  const operands = args.map((argument, column): Value | undefined => {
    if (argument.kind !== "aggregate")
      return isWinner(argument, column, keys) ? evaluate(argument, way, ambient) : null;
    const operand = argument.operand === undefined ? 1 : evaluate(argument.operand, way, ambient);
    const isSum = argument.function === "sum" || argument.function === "avg";
    return isSum && typeof operand !== "number" ? undefined : operand;
  });
  return operands.every((value) => value !== undefined) ? operands : undefined;
}

function aggregated(
  args: readonly Argument[],
  keys: readonly number[],
  ways: readonly Bindings[],
  groups: Values,
  ambient: Ambient,
): Values | undefined {
  const operands = ways.flatMap((way) => {
    const row = operandsOf(args, keys, way, ambient);
    return row === undefined ? [] : [row];
  });
  const winner = winnerOf(args, keys, operands);
  const row = args.map((argument, column): Value | undefined => {
    if (argument.kind === "aggregate")
      return aggregate(
        argument.function,
        operands.map((row) => row[column] as Value),
      );
    return isWinner(argument, column, keys) ? (winner?.[column] ?? null) : groups[column];
  });
  return row.every((value) => value !== undefined) ? row : undefined;
}

/** The way with the best value; of several, the one whose other columns are the smallest. */
function winnerOf(args: readonly Argument[], keys: readonly number[], operands: readonly Values[]): Values | undefined {
  const best = args.findIndex((argument) => argument.kind === "aggregate" && /^(min|max)$/.test(argument.function));
  const extreme = args[best];
  if (extreme?.kind !== "aggregate") return undefined;
  const direction = extreme.function === "min" ? 1 : -1;
  const others = (row: Values): Values => row.filter((_, column) => isWinner(args[column] as Argument, column, keys));
  return operands.toSorted(
    (a, b) => direction * compare(a[best] as Value, b[best] as Value) || compareValues(others(a), others(b)),
  )[0];
}

function aggregate(kind: Aggregate["function"], values: readonly Value[]): Value | undefined {
  const sorted = values.toSorted(compare);
  const distinct = sorted.filter((value, at) => at === 0 || !equal(value, sorted[at - 1] as Value));
  switch (kind) {
    case "min":
      return sorted[0] ?? null;
    case "max":
      return sorted.at(-1) ?? null;
    case "count":
      return values.length;
    case "countDistinct":
      return distinct.length;
    case "sum":
      return sum(values);
    case "avg": {
      const total = sum(values);
      if (total === undefined) return undefined;
      return values.length === 0 ? null : divide(total, values.length);
    }
    case "list":
      return sorted;
    case "set":
      return distinct;
  }
}

/** Rounded once, at the end: in whole numbers of a very small unit. Whole numbers whose sum would be rounded have none. */
function sum(values: readonly Value[]): number | undefined {
  const unit = 2 ** -900;
  const inUnits = values.map((value) => (value as number) / unit);
  // What is divided again and again is left alone before it is too small for any unit.
  if (!inUnits.every(Number.isInteger)) throw new Runaway();
  const total = Number(inUnits.reduce((all, value) => all + BigInt(value), 0n)) * unit;
  return values.every(Number.isSafeInteger) && !Number.isSafeInteger(total) ? undefined : total;
}
