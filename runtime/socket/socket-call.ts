import type { StreamCall } from "../plan/values/stream-call.ts";
import type { Values } from "../plan/values/value.ts";

/** A call of TCP that a rule has made. */
export interface SocketCall {
  readonly call: StreamCall;
  /** The query id of the invocation; no two calls that wait have the same. */
  readonly query: number;
  /** As the rule gave them: of any number and kind when they came from elsewhere. */
  readonly inputs: Values;
  /** Told of the outcome, once. */
  readonly finish: (outcome: CallOutcome) => void;
}

export type CallOutcome =
  | { readonly ok: true; readonly outputs: Values }
  | { readonly ok: false; readonly reason: string };

export function returned(...outputs: Values): CallOutcome {
  return { ok: true, outputs };
}

export function failed(reason: string): CallOutcome {
  return { ok: false, reason };
}
