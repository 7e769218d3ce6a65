import type { ColumnType } from "../values/column-type.ts";
import type { Value } from "../values/value.ts";
import type { Ciphers } from "./ciphers.ts";

/** Environment that impure functions may read: clock, randomness and the sender of the tuple. */
export interface Ambient {
  /** Seconds since the node started. Constant within a step. */
  now(): number;
  /** Uniform in [0, 1), from the random stream of the calling rule. */
  random(): number;
  /** Random 160-bit id from the same stream. */
  randomId(): bigint;
  /** Address of the node that sent the tuple of this step. Null if the step began on this node. */
  source(): Value;
  /** Writes a new nonce of 12 bytes that begins with the prefix to `nonce`. Absent in facts and queries, which may not seal. */
  nonce?(prefix: Uint8Array, nonce: Uint8Array): void;
  /**
   * Returns `size` bytes of memory with undefined content. The next step reuses it, so tables get copies. Derived tables must not be made
   * of such memory. Absent outside a step.
   */
  memory?(size: number): Uint8Array;
  /** Absent if the environment has none of its own; node:crypto serves then. */
  readonly ciphers?: Ciphers | undefined;
}

/**
 * Function that rules can call. `call` gets the declared number of arguments, of any kinds, and returns `undefined` if it fails.
 * The derivation then fails and is counted.
 */
export interface FunctionSpec {
  readonly name: string;
  readonly minArgs: number;
  readonly maxArgs: number;
  /** Kinds of values that the function can return. */
  readonly result: ColumnType;
  /** Whether the same arguments always give the same value. */
  readonly pure: boolean;
  readonly call: (ambient: Ambient, args: readonly Value[]) => Value | undefined;
}
