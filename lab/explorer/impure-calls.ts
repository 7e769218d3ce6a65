import type { Plan, StrandSpec } from "../../runtime/plan/contract/plan.ts";

/** Call of a function in a rule whose value is a time, or random. */
export interface ImpureCall {
  readonly name: string;
  readonly origin: StrandSpec["origin"];
}

const IMPURE = /\bf_(?:now|rand|drand|randID|idgen|random|coinFlip|seal)(?=\()/g;

/** Returns the calls of the rules. The compiler itself reads the clock for the deadlines of calls, in variables that begin with `$`. */
export function impureCalls({ strands }: Plan): readonly ImpureCall[] {
  return strands.flatMap(({ origin, operators }) =>
    operators
      .filter((operator) => !operator.startsWith("Assign $"))
      .flatMap((operator) => [...operator.matchAll(IMPURE)].map(([name]) => ({ name, origin }))),
  );
}
