/** Heads of the naive evaluator: the tuples that a rule derives from the solutions of its body, with aggregates. */
import type { Aggregate, Argument, Atom, Expression, Variable } from "../../grammar/ast.ts";
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
import { rewriteExpression } from "../../src/program/rewrite-expression.ts";
import { combinesAggregates, variablesOutsideAggregates } from "../../src/program/rule-shape.ts";
import { operandsOf as operandsIn } from "../../src/program/visit.ts";
import { type Bindings, evaluate } from "./evaluate.ts";
import { Runaway } from "./peer.ts";

/** Tuple that a rule derives, with its location if the head has one. */
export interface Derived {
  readonly args: Values;
  readonly location: Value | undefined;
}

/** Result of an aggregate over the solutions that agree on its group columns. */
export interface Group {
  readonly row: Values;
  readonly members: readonly Bindings[];
}

/** Returns a tuple for each solution. A solution without a value for an argument derives nothing. */
export function deriveEach(head: Atom, solutions: readonly Bindings[], ambient: Ambient): readonly Derived[] {
  return solutions.flatMap((solution) => {
    const args = valuesOf(head.args as readonly Expression[], solution, ambient);
    const location = head.location && evaluate(head.location, solution, ambient);
    const isLocated = head.location === undefined || location !== undefined;
    return args !== undefined && isLocated ? [{ args, location }] : [];
  });
}

/** Returns the tuple of an aggregate in an event rule, over all solutions. `start` binds the variables of the event. */
export function deriveOne(
  head: Atom,
  keys: readonly number[],
  solutions: readonly Bindings[],
  start: Bindings,
  ambient: Ambient,
): readonly Derived[] {
  if (!head.args.some(combinesAggregates)) return plainOne(head, keys, solutions, start, ambient);
  const apart = takenApart(head);
  return plainOne({ ...head, args: apart.args }, apart.keys, solutions, start, ambient).flatMap(
    ({ args: values, location }) => {
      const args = combined(head, apart, values, ambient);
      return args === undefined ? [] : [{ args, location }];
    },
  );
}

function plainOne(
  head: Atom,
  keys: readonly number[],
  solutions: readonly Bindings[],
  start: Bindings,
  ambient: Ambient,
): readonly Derived[] {
  const location = head.location && evaluate(head.location, start, ambient);
  if (head.location !== undefined && location === undefined) return [];
  const groups = head.args.map((argument, column) =>
    isGroup(argument, column, keys) ? evaluate(argument, start, ambient) : null,
  );
  if (groups.some((value) => value === undefined)) return [];
  const args = aggregated(head.args, keys, solutions, groups as Values, ambient);
  return args === undefined ? [] : [{ args, location }];
}

/** Returns the rows of an aggregate in a rule of a derived table: one per group with a solution. */
export function deriveGroups(
  head: Atom,
  keys: readonly number[],
  solutions: readonly Bindings[],
  ambient: Ambient,
): readonly Group[] {
  if (!head.args.some(combinesAggregates)) return plainGroups(head, keys, solutions, ambient);
  const apart = takenApart(head);
  return plainGroups({ ...head, args: apart.args }, apart.keys, solutions, ambient).flatMap(
    ({ row: values, members }) => {
      const row = combined(head, apart, values, ambient);
      return row === undefined ? [] : [{ row, members }];
    },
  );
}

/** Parts of a head with expressions over aggregates: the aggregates, and the variables outside of them, which are the groups. */
interface Apart {
  readonly args: readonly (Aggregate | Variable)[];
  /** Columns of the variables in `args`. */
  readonly keys: readonly number[];
}

function takenApart({ args }: Atom): Apart {
  const expressions = args.filter((argument) => argument.kind !== "return");
  const aggregates = expressions.flatMap(aggregatesIn);
  const variables = new Map(
    expressions.flatMap(variablesOutsideAggregates).map((variable) => [variable.name, variable]),
  );
  const columns = [...aggregates, ...variables.values()];
  return { args: columns, keys: columns.flatMap((column, at) => (column.kind === "variable" ? [at] : [])) };
}

function aggregatesIn(expression: Expression): readonly Aggregate[] {
  return expression.kind === "aggregate" ? [expression] : operandsIn(expression).flatMap(aggregatesIn);
}

/** Returns the columns of the head for the values of its parts; undefined if an expression has no value. */
function combined({ args }: Atom, apart: Apart, values: Values, ambient: Ambient): Values | undefined {
  const aggregates = apart.args.filter(({ kind }) => kind === "aggregate");
  const bindings = new Map(
    apart.args.map((part, at) => [
      part.kind === "variable" ? part.name : `$${aggregates.indexOf(part)}`,
      values[at] as Value,
    ]),
  );
  let next = 0;
  const row = args.map((argument) => {
    const expression = rewriteExpression(argument as Expression, (part) =>
      part.kind === "aggregate" ? { kind: "variable", name: `$${next++}`, span: part.span } : part,
    );
    return evaluate(expression, bindings, ambient);
  });
  return row.every((value) => value !== undefined) ? row : undefined;
}

function plainGroups(
  head: Atom,
  keys: readonly number[],
  solutions: readonly Bindings[],
  ambient: Ambient,
): readonly Group[] {
  const groups: { readonly values: Values; readonly solutions: Bindings[] }[] = [];
  for (const solution of solutions) {
    const values = head.args.map((argument, column) =>
      isGroup(argument, column, keys) ? evaluate(argument, solution, ambient) : null,
    );
    if (values.some((value) => value === undefined)) continue;
    const known = groups.find((group) => equalValues(group.values, values as Values));
    if (known === undefined) groups.push({ values: values as Values, solutions: [solution] });
    else known.solutions.push(solution);
  }
  return groups.flatMap(({ values, solutions: all }) => {
    const members = all.filter((solution) => operandsOf(head.args, keys, solution, ambient) !== undefined);
    const row = members.length === 0 ? undefined : aggregated(head.args, keys, members, values, ambient);
    return row === undefined ? [] : [{ row, members }];
  });
}

function valuesOf(expressions: readonly Expression[], solution: Bindings, ambient: Ambient): Values | undefined {
  const values = expressions.map((expression) => evaluate(expression, solution, ambient));
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** Whether a column outside the key of the head's table comes from the row that wins the `min` or `max`. */
function isGroup(argument: Argument, column: number, keys: readonly number[]): argument is Expression {
  return argument.kind !== "aggregate" && (keys.length === 0 || keys.includes(column));
}

function isWinner(argument: Argument, column: number, keys: readonly number[]): argument is Expression {
  return argument.kind !== "aggregate" && !isGroup(argument, column, keys);
}

/**
 * Values that one solution gives to the columns. A solution fails for all columns if one has no value, or if `sum` or `avg`
 * get a value that is no number.
 */
function operandsOf(
  args: readonly Argument[],
  keys: readonly number[],
  solution: Bindings,
  ambient: Ambient,
): Values | undefined {
  const operands = args.map((argument, column): Value | undefined => {
    if (argument.kind !== "aggregate")
      return isWinner(argument, column, keys) ? evaluate(argument, solution, ambient) : null;
    const operand = argument.operand === undefined ? 1 : evaluate(argument.operand, solution, ambient);
    const isSum = argument.function === "sum" || argument.function === "avg";
    return isSum && typeof operand !== "number" ? undefined : operand;
  });
  return operands.every((value) => value !== undefined) ? operands : undefined;
}

function aggregated(
  args: readonly Argument[],
  keys: readonly number[],
  solutions: readonly Bindings[],
  groups: Values,
  ambient: Ambient,
): Values | undefined {
  const operands = solutions.flatMap((solution) => {
    const row = operandsOf(args, keys, solution, ambient);
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

/** Returns the solution with the best value; of several, the one whose other columns are the smallest. */
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
    case "union":
      return unionOf(distinct);
  }
}

function unionOf(values: readonly Value[]): Value {
  const items = values.flatMap((value) => (value === null ? [] : Array.isArray(value) ? (value as Values) : [value]));
  const sorted = items.toSorted(compare);
  return sorted.filter((value, at) => at === 0 || !equal(value, sorted[at - 1] as Value));
}

/** Exact sum, rounded once: adds multiples of a small unit. Whole numbers whose sum would be rounded have no sum. */
function sum(values: readonly Value[]): number | undefined {
  const unit = 2 ** -900;
  const inUnits = values.map((value) => (value as number) / unit);
  // A value that was divided too often would be too small for any unit.
  if (!inUnits.every(Number.isInteger)) throw new Runaway();
  const total = Number(inUnits.reduce((all, value) => all + BigInt(value), 0n)) * unit;
  return values.every(Number.isSafeInteger) && !Number.isSafeInteger(total) ? undefined : total;
}
