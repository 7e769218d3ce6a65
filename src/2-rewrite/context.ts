import type { Argument, Expression, PredicateLiteral } from "../../grammar/ast.ts";
import type { ProgramRule, TableDeclaration, View } from "../program/program.ts";
import { variableAt } from "./core.ts";

/**
 * One call of a view in one rule: the table in which the variables bound before the call wait for its return,
 * under a fresh query id (MOSAIC, section 5.2).
 */
export interface Context {
  readonly table: TableDeclaration;
  /** The variable that holds the query id. */
  readonly query: string;
  /** Variables bound before the call and needed after it. */
  readonly live: readonly string[];
  /** The variables the inputs wait in, one an input. */
  readonly inputs: readonly string[];
  /** The variable that holds the place of the call, when it has one. */
  readonly location: string | undefined;
  /** Seconds the call waits at most. */
  readonly timeout: number;
  /** Within a view, the call waits no longer than the caller of that view does. */
  readonly limit: CallLimit | undefined;
}

/** Variables: for how many seconds the call waits, and until when. */
export interface CallLimit {
  readonly left: string;
  readonly until: string;
}

export function contextOf(
  rule: ProgramRule,
  call: PredicateLiteral,
  number: number,
  live: readonly string[],
  view: View,
  timeout: number,
): Context {
  const name = `${rule.name}?${number}`;
  const suffix = number === 1 ? "" : `_${number}`;
  const limit = rule.view === undefined ? undefined : { left: `$Wait${suffix}`, until: `$Until${suffix}` };
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
    live: live,
    inputs: view.inputs.map((input) => `$In_${input.name}${suffix}`),
    location,
    timeout,
    limit,
  };
}

/** The columns of the context table as variables: query id, kept variables, inputs, place, limit. */
export function contextColumns(context: Context, call: PredicateLiteral): readonly Expression[] {
  const location = context.location === undefined ? [] : [context.location];
  const limit = context.limit === undefined ? [] : [context.limit.left, context.limit.until];
  const names = [context.query, ...context.live, ...context.inputs, ...location, ...limit];
  return names.map((name) => variableAt(name, call.span));
}

export function inputsOf(call: PredicateLiteral): readonly Expression[] {
  return call.atom.args.filter((argument): argument is Expression => isInput(argument));
}

function isInput(argument: Argument): argument is Expression {
  return argument.kind !== "return" && argument.kind !== "aggregate";
}

/** What the caller binds from the return: `&R` a variable, `&_` nothing. */
export function returnsOf(call: PredicateLiteral): readonly Expression[] {
  return call.atom.args.flatMap((argument): readonly Expression[] => {
    if (argument.kind !== "return") return [];
    const { name, span } = argument;
    return [name === undefined ? { kind: "wildcard", span } : variableAt(name, span)];
  });
}
