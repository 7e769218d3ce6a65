import type { Tuple } from "../plan/packet.ts";
import type { Value } from "../plan/value.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/element-spec.ts";

/** A tuple on its way to a place. */
export interface Outgoing {
  readonly tuple: Tuple;
  readonly location: Value;
}

export const spec: ElementSpec = {
  name: "RoundRobin",
  manual: `
RoundRobin()

Gathers what the strands of a firing derived for other places and passes it on, one tuple of each strand in turn,
so that a strand with much to say does not keep the others' tuples at the end of every datagram.

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
  /** By strand, in the order in which they first had something. */
  readonly #queues = new Map<number, Outgoing[]>();

  constructor(out: (outgoing: Outgoing) => void) {
    this.#out = out;
  }

  push(outgoing: Outgoing, strand: number): void {
    this.counters.in++;
    const queue = this.#queues.get(strand);
    if (queue === undefined) this.#queues.set(strand, [outgoing]);
    else queue.push(outgoing);
  }

  drain(): void {
    if (this.#queues.size === 0) return;
    const queues = [...this.#queues.values()];
    this.#queues.clear();
    for (const queue of queues) this.counters.out += queue.length;
    if (queues.length === 1) return (queues[0] as Outgoing[]).forEach(this.#out);
    for (let turn = 0; queues.some((queue) => turn < queue.length); turn++) {
      for (const queue of queues) if (turn < queue.length) this.#out(queue[turn] as Outgoing);
    }
  }

  forget(): void {
    this.#queues.clear();
  }
}
