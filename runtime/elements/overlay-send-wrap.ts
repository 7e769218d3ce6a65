/**
 * The entry into an overlay, stage 7 of the packet path (`runtime/node/dataflow.ts`). LocSpecDemux pushes tuples for addresses of the
 * overlay; each becomes a send event of the same round, and the rules of the overlay route it.
 */
import { LAYERS_MAX, Packet, type Provenance, type Tuple } from "../plan/values/packet.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Values } from "../plan/values/value.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Element } from "./element.ts";

const drops = ["too many layers"] as const;

export const spec: ElementSpec = {
  name: "OverlaySendWrap",
  manual: `
OverlaySendWrap(overlay)

Takes a tuple for an address of the overlay and raises the event overlay.send(Node, Packet), whose packet holds the tuple, in the round
under way. If the overlay takes options, the event is overlay.send(Node, Options, Packet). OverlaySendWrap(else) takes the tuples for
overlays that are not loaded and raises else.send(Address, Packet).

Ports   in: 1 push. out: 1 push, to Mux.
Drops   "too many layers": a tuple in which packets are already nested 32 deep. If an overlay has no route for a tuple, the rules of the
        overlay drop it.
Reads   counters: tuples in, send events out
Built   by runtime/node/dataflow.ts, one per overlay that defines send, and one if a rule reads else.send.
Example x(1) for ron::"10.0.0.2:10000" leaves as ron.send("10.0.0.2:10000", x(1)).
See     LocSpecDemux, OverlayRecvUnwrap
`,
  drops,
  stateful: false,
};

export class OverlaySendWrap implements Element {
  readonly spec: ElementSpec = spec;
  readonly label: string;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly #send: PredicateSpec;
  readonly #out: (tuple: Tuple, provenance: Provenance) => void;

  /** `label` is the name of the overlay, `send` the send event of the overlay. */
  constructor(label: string, send: PredicateSpec, out: (tuple: Tuple, provenance: Provenance) => void) {
    this.label = label;
    this.#send = send;
    this.#out = out;
  }

  /** Whether the send event has an argument for the options of addresses. */
  get takesOptions(): boolean {
    return this.#send.arity === 3;
  }

  /** Takes a tuple for an address. `address` holds the first arguments of the send event: the address and any options. */
  push(address: Values, tuple: Tuple): void {
    this.counters.in++;
    const packet = packetOf(tuple);
    if (packet.layers > LAYERS_MAX) return this.counters.drop("too many layers");
    this.counters.out++;
    this.#out({ predicate: this.#send, args: [...address, packet], isDelete: false }, "rule");
  }
}

/** Returns a packet that holds the tuple. For the tuple `packet@(P)` this is P itself, which is still encoded. */
function packetOf(tuple: Tuple): Packet {
  const [packet] = tuple.args;
  return tuple.predicate.role.kind === "packet" && packet instanceof Packet ? packet : Packet.of(tuple);
}
