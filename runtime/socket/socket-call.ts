import type { StreamCall } from "../plan/values/stream-call.ts";
import type { Values } from "../plan/values/value.ts";

/** TCP call of a rule. */
export interface SocketCall {
  readonly call: StreamCall;
  /** Query id of the call. Pending calls have different ids. */
  readonly query: number;
  /** Inputs in the order of `streamCallForms`. Not validated: a call from another node may have any number and kinds. */
  readonly inputs: Values;
  /** Called once, with the outcome. */
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
