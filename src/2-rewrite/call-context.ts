import type { Argument, Expression, PredicateLiteral } from "../../grammar/ast.ts";
import type { ProgramRule, TableDeclaration, View } from "../program/program.ts";
import { variableAt } from "./core.ts";

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
  /** Deadline of a call inside a view: it must not outlast the caller of that view. */
  readonly limit: CallLimit | undefined;
}

/** Variables that hold the time left for the call in seconds, its deadline, and the deadline of the view that contains it. */
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
