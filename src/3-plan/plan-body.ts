import type { Argument, Expression, Literal, Membership, PredicateLiteral } from "../../grammar/ast.ts";
import { type BoundSet, isBound, noneBound } from "../program/binding.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { isStructure, partsOfStructure } from "../program/pattern.ts";
import { boundBy, orderBody } from "./order-body.ts";
import type { ElementMatch, Match, Operator, Visibility } from "./strand.ts";
import type { TableLayout } from "./table-layout.ts";

/** A body literal, with the set of rows of its table that it reads. */
export interface VisibleLiteral {
  readonly literal: Literal;
  readonly visibility: Visibility;
}

export interface BodyContext {
  readonly predicate: (name: string, arity?: number) => PredicateSpec;
  readonly layout: TableLayout;
  /** Whether the table is the context table of a call. */
  readonly isContext: (table: string) => boolean;
}

/** Plans the matching of the trigger and the operators after it. Variables in `neededFirst` are computed before the joins. */
export function planBody(
  trigger: PredicateLiteral,
  body: readonly VisibleLiteral[],
  context: BodyContext,
  neededFirst: ReadonlySet<string> = new Set(),
): { match: readonly Match[]; operators: readonly Operator[] } {
  const visibility = new Map(body.map(({ literal, visibility }) => [literal, visibility]));
  const keysOf = (name: string): readonly number[] => context.predicate(name).table?.keys ?? [];
  const start = matchArguments(trigger.atom.args, noneBound);
  const bound = new Set(boundBy({ ...trigger, negated: false }));
  const operators: Operator[] = [];
  const ordered = orderBody(
    body.map(({ literal }) => literal),
    bound,
    { keysOf, isContext: context.isContext },
    neededFirst,
  );
  for (const literal of ordered) {
    const planned = planLiteral(literal, bound, visibility.get(literal) ?? "frozen", context);
    for (const operator of planned) operators.push(operator);
    for (const name of boundBy(literal)) bound.add(name);
  }
  return { match: start, operators };
}

function planLiteral(
  literal: Literal,
  bound: BoundSet,
  visibility: Visibility,
  context: BodyContext,
): readonly Operator[] {
  switch (literal.kind) {
    case "condition":
      return [{ kind: "select", test: literal.test }];
    case "assign":
      return [assignment(literal.target, literal.value, bound)];
    case "member":
      return [{ kind: "unnest", list: literal.list, match: elementMatch(literal, bound, context) }];
    case "predicate":
      return [planJoin(literal, bound, visibility, context)];
  }
}

/** Plans an assignment. If the variable is already bound, it becomes a test for equality. */
function assignment(target: Extract<Expression, { kind: "variable" }>, value: Expression, bound: BoundSet): Operator {
  if (!bound.has(target.name)) return { kind: "assign", variable: target.name, value };
  const span = value.span;
  return { kind: "select", test: { kind: "binary", operator: "==", left: target, right: value, span } };
}

function elementMatch({ pattern }: Membership, bound: BoundSet, context: BodyContext): ElementMatch {
  if (pattern.kind === "wildcard") return { kind: "any" };
  if (pattern.kind === "variable" && !bound.has(pattern.name)) return { kind: "variable", variable: pattern.name };
  if (!isStructure(pattern)) return { kind: "equal", value: pattern };
  const match = matchArguments(partsOfStructure(pattern), bound);
  if (pattern.kind === "list") {
    return { kind: "items", count: pattern.items.length, hasTail: pattern.tail !== undefined, match };
  }
  return { kind: "fields", predicate: context.predicate(pattern.name.text, pattern.args.length), match };
}

function planJoin(literal: PredicateLiteral, bound: BoundSet, visibility: Visibility, context: BodyContext): Operator {
  const table = context.predicate(literal.atom.name.text);
  const known = knownColumns(literal.atom.args, bound);
  const keys = table.table?.keys ?? [];
  const isKeyed = keys.length > 0 && keys.every((column) => known.has(column));
  if (isKeyed && visibility === "frozen" && !literal.negated) {
    const key = keys.map((column) => known.get(column) as Expression);
    return { kind: "get", table, key, match: remaining(literal.atom.args, keys, bound) };
  }
  const columns = isKeyed ? [...keys].sort((a, b) => a - b) : [...known.keys()];
  const isScan = columns.length === 0 && visibility === "frozen";
  const index = isScan ? undefined : context.layout.indexOn(table, columns);
  const key = columns.map((column) => known.get(column) as Expression);
  const match = remaining(literal.atom.args, columns, bound);
  if (literal.negated) return { kind: "absent", table, index, key, match, visibility };
  return { kind: "join", table, index, key, match, visibility };
}

/** Returns the columns whose values are known before the join, with their expressions. */
function knownColumns(args: readonly Argument[], bound: BoundSet): ReadonlyMap<number, Expression> {
  const known = new Map<number, Expression>();
  for (const [column, argument] of args.entries()) {
    if (argument.kind === "return" || argument.kind === "aggregate" || argument.kind === "wildcard") continue;
    if (isBound(argument, bound)) known.set(column, argument);
  }
  return known;
}

function remaining(args: readonly Argument[], done: readonly number[], bound: BoundSet): readonly Match[] {
  const matched = new Set(done);
  return matchArguments(args, bound).filter((match) => !matched.has(match.column));
}

/** Binds the first occurrence of each new variable, then tests all other arguments. */
function matchArguments(args: readonly Argument[], bound: BoundSet): readonly Match[] {
  const binds = new Map<string, Match>();
  const tests: Match[] = [];
  for (const [column, argument] of args.entries()) {
    if (argument.kind === "return" || argument.kind === "aggregate" || argument.kind === "wildcard") continue;
    if (argument.kind === "variable" && !bound.has(argument.name) && !binds.has(argument.name)) {
      binds.set(argument.name, { kind: "bind", column, variable: argument.name });
    } else {
      tests.push({ kind: "test", column, value: argument });
    }
  }
  return [...binds.values(), ...tests];
}
