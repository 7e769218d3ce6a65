import { compareTuples, type Tuple } from "../plan/values/packet.ts";
import { compare, type Value } from "../plan/values/value.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";

/** A tuple on its way to a place. */
export interface Outgoing {
  readonly tuple: Tuple;
  readonly location: Value;
}

export const spec: ElementSpec = {
  name: "RoundRobin",
  manual: `
RoundRobin()

Gathers what the strands derived for other places from events that came together, and passes it on in the order of
tuples: no strand comes before another, and the order of rules in a program never shows.

Ports   in: one push per strand. out: 1 push.
Drops   nothing
Reads   counters: tuples in, tuples out
Built   by runtime/node/dataflow.ts, one per node.
See     LocSpecDemux
`,
  inputs: "1-",
  outputs: "1",
  drops: [],
};

export class RoundRobin {
  readonly counters: ElementCounters = new ElementCounters();
  readonly #out: (outgoing: Outgoing) => void;
  #waiting: Outgoing[] = [];

  constructor(out: (outgoing: Outgoing) => void) {
    this.#out = out;
  }

  push(outgoing: Outgoing): void {
    this.counters.in++;
    this.#waiting.push(outgoing);
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
