import { Packet, type Provenance, type Tuple } from "../plan/values/packet.ts";
import type { Admission } from "./admission.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";

export const spec: ElementSpec = {
  name: "OverlayRecvUnwrap",
  manual: `
OverlayRecvUnwrap(admission)

Takes packets out of overlay.recv(Packet), layer by layer, until a tuple remains that is nobody's packet.

Ports   in: 1 push. out: 1 push; a recv event itself also passes, for rules that hear it.
Drops   nothing itself; a payload that this node does not accept is dropped and counted by its Admission.
Reads   counters: tuples in; out, those and the payloads taken out
Built   by runtime/node/dataflow.ts, one per node.
Example ron.recv(alarm(30, "a")) leaves as itself and as alarm(30, "a").
See     OverlaySendWrap, ReceiveDemux, Admission
`,
  inputs: "1",
  outputs: "1",
  drops: [],
};

export class OverlayRecvUnwrap {
  readonly counters: ElementCounters = new ElementCounters();
  readonly #admission: Admission;
  readonly #out: (tuple: Tuple, provenance: Provenance) => void;

  constructor(admission: Admission, out: (tuple: Tuple, provenance: Provenance) => void) {
    this.#admission = admission;
    this.#out = out;
  }

  push(tuple: Tuple, provenance: Provenance): void {
    this.counters.in++;
    this.#pass(tuple, provenance);
  }

  #pass(tuple: Tuple, provenance: Provenance): void {
    this.counters.out++;
    this.#out(tuple, provenance);
    if (tuple.predicate.role.kind !== "recv") return;
    const [packet] = tuple.args;
    if (packet instanceof Packet) this.#unwrap(packet);
  }

  /** What was wrapped here is trusted as it was; what was wrapped elsewhere came over the network. */
  #unwrap(packet: Packet): void {
    if (packet.tuple !== undefined) return this.#pass(packet.tuple, "rule");
    for (const payload of this.#admission.open(packet)) this.#pass(payload, "network");
  }
}
