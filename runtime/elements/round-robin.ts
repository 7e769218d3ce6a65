/**
 * The order of sends, stage 5 of the packet path (`runtime/node/dataflow.ts`). Strands push the tuples that they send. At the end
 * of each batch of events, `flushRound` passes these tuples to LocSpecDemux.
 */
import { appended } from "../plan/values/appended.ts";
import { compareTuples, type Tuple } from "../plan/values/packet.ts";
import { compare, type Value } from "../plan/values/value.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";
import type { Element } from "./element.ts";

/** A tuple that a strand sends, and the location specifier it is for. */
export interface Outgoing {
  readonly tuple: Tuple;
  readonly location: Value;
}

export const spec: ElementSpec = {
  name: "RoundRobin",
  manual: `
RoundRobin()

Collects the tuples that strands send for one batch of events, and passes them on, sorted by predicate and values. So no strand has
precedence, and the order of the rules in a program has no effect.

Ports   in: one push per strand. out: 1 push.
Drops   nothing
Reads   counters: tuples in, tuples out
Built   by runtime/node/dataflow.ts, one per node.
See     LocSpecDemux
`,
  drops: [],
  stateful: false,
};

export class RoundRobin implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<never> = new ElementCounters();
  readonly #out: (outgoing: Outgoing) => void;
  #waiting: Outgoing[] = [];

  constructor(out: (outgoing: Outgoing) => void) {
    this.#out = out;
  }

  push(outgoing: Outgoing): void {
    this.counters.in++;
    this.#waiting = appended(this.#waiting, outgoing);
  }

  flushRound(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.counters.out += waiting.length;
    if (waiting.length > 1) waiting.sort(compareOutgoing);
    for (const outgoing of waiting) this.#out(outgoing);
  }

  abort(): void {
    this.#waiting = [];
  }
}

function compareOutgoing(one: Outgoing, other: Outgoing): number {
  return compareTuples(one.tuple, other.tuple) || compare(one.location, other.location);
}
