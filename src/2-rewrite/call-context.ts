import type { Argument, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Span } from "../../grammar/span.ts";
import { constantNumber } from "../program/constant.ts";
import type { ProgramRule, TableDeclaration, View } from "../program/program.ts";
import { assignAt, atomAt, binaryAt, callAt, type CallOrder, constantAt, literalAt, variableAt } from "./core.ts";
import { LEFT } from "./invocation.ts";

/**
 * Context of one view call in one rule: the table that stores the live variables until the call returns, under a fresh
 * query id (MOSAIC, section 5.2).
 */
export interface CallContext {
  readonly table: TableDeclaration;
  /** The variable that holds the query id. */
  readonly query: string;
  /** Live variables: bound before the call and used after it. */
  readonly live: readonly string[];
  /** The variables that store the inputs, one per input. */
  readonly inputs: readonly string[];
  /** The variable that holds the location of the call, if it has one. */
  readonly location: string | undefined;
  /** Timeout of the call in seconds. */
  readonly timeout: number;
  /** Defined for a call inside a view: such a call must end before the caller of the view stops waiting. */
  readonly limit: CallLimit | undefined;
}

/** Variables of a call inside a view: seconds left for the call, deadline of the call, and deadline of the view. */
export interface CallLimit {
  readonly left: string;
  readonly until: string;
  readonly end: string;
}

export function callContext(
  rule: ProgramRule,
  call: PredicateLiteral,
  number: number,
  live: readonly string[],
  view: View,
  timeout: number,
): CallContext {
  const name = `${rule.name}?${number}`;
  const suffix = number === 1 ? "" : `_${number}`;
  const limit =
    rule.view === undefined ? undefined : { left: `$Wait${suffix}`, until: `$Until${suffix}`, end: `$End${suffix}` };
  const location = call.atom.location === undefined ? undefined : `$At${suffix}`;
  const columns = 1 + live.length + view.inputs.length + (location === undefined ? 0 : 1);
  return {
    table: {
      name,
      lifetime: timeout,
      size: Infinity,
      keys: [0],
      keySpans: [call.span],
      evict: { policy: "fifo" },
      endsAt: limit === undefined ? undefined : columns + 1,
      span: call.span,
    },
    query: rule.view === undefined ? `$QID${suffix}` : `$QID${suffix}_inner`,
    live,
    inputs: view.inputs.map((input) => `$In_${input.name}${suffix}`),
    location,
    timeout,
    limit,
  };
}

/**
 * Returns the order of calls with this context: by inputs and location, then by live variables, sorted by name. So the order depends
 * neither on the order of the literals nor on whether the call is inlined. `hidden` is the number of columns before the live variables.
 */
export function callOrder({ table, live, inputs, location }: CallContext, hidden: number): CallOrder {
  const given = inputs.length + (location === undefined ? 0 : 1);
  const first = hidden + live.length;
  const kept = live
    .map((name, at) => ({ name, column: hidden + at }))
    .filter(({ name }) => name !== LEFT)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const columns = [...Array.from({ length: given }, (_, at) => first + at), ...kept.map(({ column }) => column)];
  return { name: table.name, columns };
}

/** The columns of the context table as variables: query id, live variables, inputs, location, limit. */
export function contextColumns(context: CallContext, call: PredicateLiteral): readonly Expression[] {
  const location = context.location === undefined ? [] : [context.location];
  const limit = context.limit === undefined ? [] : [context.limit.left, context.limit.until, context.limit.end];
  const names = [context.query, ...context.live, ...context.inputs, ...location, ...limit];
  return names.map((name) => variableAt(name, call.span));
}

export function inputsOf(call: PredicateLiteral): readonly Expression[] {
  return call.atom.args.filter((argument): argument is Expression => isInput(argument));
}

function isInput(argument: Argument): argument is Expression {
  return argument.kind !== "return" && argument.kind !== "aggregate";
}

/** Arguments that match the returned values: a variable for `&R`, a wildcard for `&_`. */
export function returnsOf(call: PredicateLiteral): readonly Expression[] {
  return call.atom.args.flatMap((argument): readonly Expression[] => {
    if (argument.kind !== "return") return [];
    const { name, span } = argument;
    return [name === undefined ? { kind: "wildcard", span } : variableAt(name, span)];
  });
}

/** The context row of the call, with all its columns. */
export function contextLiteral(context: CallContext, call: PredicateLiteral): PredicateLiteral {
  return literalAt(atomAt(context.table.name, contextColumns(context, call), call.span));
}

/** The context row at the return, with the columns that the rest of the rule needs. */
export function liveContextLiteral(context: CallContext, call: PredicateLiteral): PredicateLiteral {
  const needed = new Set(keptBy(context));
  const columns = contextColumns(context, call).map((column): Expression => {
    return column.kind === "variable" && needed.has(column.name) ? column : { kind: "wildcard", span: column.span };
  });
  return literalAt(atomAt(context.table.name, columns, call.span));
}

/** The columns of the context that the rest of the rule needs: query id, live variables and the deadline of the view. */
export function keptBy({ query, live, limit }: CallContext): readonly string[] {
  return limit === undefined ? [query, ...live] : [query, ...live, limit.end];
}

/** The head that deletes the context row. A deletion matches the key only, so all other columns are null. */
export function deletedContext(context: CallContext, call: PredicateLiteral): ProgramRule["head"] {
  const [query, ...rest] = contextColumns(context, call);
  const columns = [query as Expression, ...rest.map((column) => constantAt(null, column.span))];
  return atomAt(context.table.name, columns, call.span);
}

/** Assigns the deadline of a call inside a view, which is not later than the deadline of the view, and the deadline of the view. */
export function limited({ limit, timeout }: CallContext, span: Span): readonly Literal[] {
  if (limit === undefined) return [];
  const left = callAt("f_min", [constantAt(timeout, span), variableAt(LEFT, span)], span);
  const until = binaryAt("+", callAt("f_now", [], span), variableAt(limit.left, span), span);
  const end = binaryAt("+", callAt("f_now", [], span), variableAt(LEFT, span), span);
  return [assignAt(limit.left, left), assignAt(limit.until, until), assignAt(limit.end, end)];
}

/** Assigns the time left for the view after the call. */
export function timeLeft({ limit }: CallContext, span: Span): readonly Literal[] {
  if (limit === undefined) return [];
  return [assignAt(LEFT, binaryAt("-", variableAt(limit.end, span), callAt("f_now", [], span), span))];
}

/** Returns the timeouts of calls, in seconds. */
export function callTimeouts(rules: readonly ProgramRule[]): readonly number[] {
  return rules.flatMap(({ body }) =>
    body.flatMap((literal) => {
      const time = literal.kind === "predicate" ? literal.timeout : undefined;
      return (time && constantNumber(time)) ?? [];
    }),
  );
}
