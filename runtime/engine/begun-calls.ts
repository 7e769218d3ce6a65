/**
 * Calls of views that strands begin during a batch of events. The order in which strands begin calls depends on join orders and indexes.
 * Therefore, at the end of the batch, the calls are sorted in an order that depends only on the program and on values, and get ascending
 * query ids in this order. All later events, messages and answers that are sorted by query id then have the same order.
 */
import type { CallSpec, Plan } from "../plan/contract/plan.ts";
import { compare, type Value, type Values } from "../plan/values/value.ts";

/** Tuple that begins a call: an event, or a row of a context table. Its first argument is the query id. */
export interface BegunCall {
  readonly strand: number;
  readonly predicate: number;
  readonly args: Values;
}

/**
 * Factor for the random query ids of later batches of a step. The products are added to the greatest id so far, so that the ids of a step
 * ascend and stay below 2^53.
 */
const LATER_SHARE = 2 ** -20;

export class BegunCalls {
  readonly #specs: ReadonlyMap<number, CallSpec>;
  readonly #callId: (() => number) | undefined;
  #calls: BegunCall[] = [];
  /** Greatest query id of the step. */
  #last = 0;

  /** `callId` returns ids, ascending within a step, in place of the random ids. */
  constructor({ calls }: Plan, callId: (() => number) | undefined) {
    this.#callId = callId;
    this.#specs = new Map(calls.map((spec) => [spec.predicate, spec]));
  }

  beginStep(): void {
    if (this.#calls.length > 0) this.#calls = [];
    this.#last = 0;
  }

  add(call: BegunCall): void {
    this.#calls.push(call);
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Removes and returns the calls, sorted, with ascending query ids that are computed from their random ids. */
  take(): readonly BegunCall[] {
    const calls = this.#calls;
    this.#calls = [];
    const callId = this.#callId;
    if (callId !== undefined)
      return calls.sort(this.#compare).map((call) => ({ ...call, args: [callId(), ...call.args.slice(1)] }));
    if (calls.length === 1 && this.#last === 0) {
      this.#last = idOf(calls[0] as BegunCall);
      return calls;
    }
    const [least, share] = this.#last === 0 ? [0, 1] : [this.#last + 1, LATER_SHARE];
    const ids = calls.map((call) => least + Math.floor(idOf(call) * share)).sort((one, other) => one - other);
    return calls.sort(this.#compare).map((call, at) => {
      this.#last = Math.max(ids[at] as number, this.#last + 1);
      return { ...call, args: [this.#last, ...call.args.slice(1)] };
    });
  }

  readonly #compare = (one: BegunCall, other: BegunCall): number => {
    const [a, b] = [this.#specs.get(one.predicate), this.#specs.get(other.predicate)];
    if (a === undefined || b === undefined) return one.predicate - other.predicate;
    if (a.name !== b.name) return a.name < b.name ? -1 : 1;
    for (const column of a.columns) {
      const order = compare(one.args[column] as Value, other.args[column] as Value);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function idOf({ args }: BegunCall): number {
  return args[0] as number;
}
