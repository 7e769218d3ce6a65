import type { ColumnType } from "../values/column-type.ts";
import type { Value } from "../values/value.ts";

/** What an impure function may ask of the node that runs it. */
export interface Ambient {
  /** Seconds; constant within a step. */
  now(): number;
  /** Uniform in [0, 1), from the stream of the rule that calls. */
  random(): number;
  /** A fresh 160-bit id from the same stream. */
  randomId(): bigint;
  /** The address the tuple of this step came from, null for a local cause. */
  source(): Value;
}

/**
 * A function that rules can call. `call` gets arguments of the declared number and any kind, and returns `undefined`
 * when it has no value for them: that derivation then fails and is counted.
 */
export interface FunctionSpec {
  readonly name: string;
  readonly minArgs: number;
  readonly maxArgs: number;
  readonly result: ColumnType;
  /** The same arguments always give the same value. */
  readonly pure: boolean;
  readonly call: (ambient: Ambient, args: readonly Value[]) => Value | undefined;
}
