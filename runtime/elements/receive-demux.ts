import type { Engine } from "../engine/engine.ts";
import type { Provenance, Tuple } from "../plan/packet.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/element-spec.ts";

export const spec: ElementSpec = {
  name: "ReceiveDemux",
  manual: `
ReceiveDemux(engine, device)

Hands each tuple to what it is for: the strands that hear the event, the table that holds the row, or Tun::Tx.

Ports   in: 1 push. out: one push per predicate.
Drops   nothing; an event that no rule hears ends here.
Reads   counters: tuples in, tuples out
Built   by runtime/node/dataflow.ts, one per node.
Example tun(Pkt) from the device goes to the strands that hear tun; from a rule or the network, to the device.
See     OverlayRecvUnwrap, TunTx
`,
  inputs: "1",
  outputs: "1-",
  drops: [],
};

export class ReceiveDemux {
  readonly counters: ElementCounters = new ElementCounters();
  readonly #engine: Engine;
  readonly #device: (tuple: Tuple) => void;

  constructor(engine: Engine, device: (tuple: Tuple) => void) {
    this.#engine = engine;
    this.#device = device;
  }

  push(tuple: Tuple, provenance: Provenance): void {
    this.counters.in++;
    this.counters.out++;
    if (tuple.predicate.table !== undefined) this.#engine.change(tuple);
    else if (tuple.predicate.role.kind === "tun" && provenance !== "device") this.#device(tuple);
    else this.#engine.react(tuple);
  }
}
