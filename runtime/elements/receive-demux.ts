import type { Engine } from "../engine/engine.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";

export const spec: ElementSpec = {
  name: "ReceiveDemux",
  manual: `
ReceiveDemux(engine, device, tcp, views)

Hands each tuple to what it is for: the strands that hear the event, the table that holds the row, Tun::Tx, Tcp, or what
keeps views across nodes.

Ports   in: 1 push. out: one push per predicate.
Drops   nothing; an event that no rule hears ends here.
Reads   counters: tuples in, tuples out
Built   by runtime/node/dataflow.ts, one per node.
Example tun(Pkt) from the device goes to the strands that hear tun; from a rule or the network, to the device.
See     OverlayRecvUnwrap, TunTx, Tcp, ViewChannel
`,
  inputs: "1",
  outputs: "1-",
  drops: [],
};

export class ReceiveDemux {
  readonly counters: ElementCounters = new ElementCounters();
  readonly #engine: Engine;
  readonly #device: (tuple: Tuple) => void;
  readonly #tcp: (tuple: Tuple, provenance: Provenance) => void;
  readonly #views: (tuple: Tuple, provenance: Provenance) => void;

  constructor(
    engine: Engine,
    device: (tuple: Tuple) => void,
    tcp: (tuple: Tuple, provenance: Provenance) => void,
    views: (tuple: Tuple, provenance: Provenance) => void,
  ) {
    this.#engine = engine;
    this.#device = device;
    this.#tcp = tcp;
    this.#views = views;
  }

  push(tuple: Tuple, provenance: Provenance): void {
    this.counters.in++;
    this.counters.out++;
    const { table, role } = tuple.predicate;
    if (table !== undefined) this.#engine.change(tuple);
    else if (role.kind === "tun" && provenance !== "device") this.#device(tuple);
    else if (role.kind === "tcp" && (role.event === "init" || role.event === "over")) this.#call(tuple, provenance);
    else if (role.kind === "rows" || role.kind === "ack") this.#views(tuple, provenance);
    else this.#engine.react(tuple);
  }

  /** Rules may hear it too. */
  #call(tuple: Tuple, provenance: Provenance): void {
    this.#engine.react(tuple);
    this.#tcp(tuple, provenance);
  }
}
