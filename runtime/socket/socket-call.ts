import type { StreamCall } from "../plan/values/stream-call.ts";
import type { Values } from "../plan/values/value.ts";

/** Socket call of a rule: of TCP by default. */
export interface SocketCall<Call extends string = StreamCall> {
  readonly call: Call;
  /** Query id of the call. Pending calls have different ids. */
  readonly query: number;
  /** Inputs in the order of `callForm`. Not validated: a call from another node may have any number and kinds. */
  readonly inputs: Values;
  /** Called once, with the outcome. */
  readonly finish: (outcome: CallOutcome) => void;
}

export type CallOutcome =
  | { readonly ok: true; readonly outputs: Values }
  | { readonly ok: false; readonly reason: string };

/** Sockets of one protocol, as the element that takes their calls sees them. */
export interface CallPerformer<Call extends string> {
  /** Query ids of the pending calls. */
  readonly queries: Iterable<number>;
  /** Numbers of the open sockets. */
  readonly numbers: Iterable<number>;
  /** Returns whether a call with this query id is pending. */
  isPending(query: number): boolean;
  /** Returns the numbers of the sockets without pending calls. */
  idle(): readonly number[];
  /** Performs a call. No call with the same query id may be pending. */
  perform(call: SocketCall<Call>): void;
  /** Cancels a call. It gets no outcome. */
  withdraw(query: number): void;
  /** Closes a socket. Returns false if there is no such socket. */
  end(socket: number): boolean;
}

export function returned(...outputs: Values): CallOutcome {
  return { ok: true, outputs };
}

export function failed(reason: string): CallOutcome {
  return { ok: false, reason };
}
