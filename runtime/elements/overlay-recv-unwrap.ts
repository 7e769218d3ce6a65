/**
 * The exit from overlays, stage 3 of the packet path (`runtime/node/dataflow.ts`). The engine passes each event of a step to this element.
 * The element passes the event, and each tuple unwrapped from it, to ReceiveDemux.
 */
import { Packet, type Provenance, type Tuple } from "../plan/values/packet.ts";
import type { Value } from "../plan/values/value.ts";
import type { Admission, AdmissionRefusal } from "../wire/admission.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Element } from "./element.ts";

const drops = [
  "not accepted",
  "unknown predicate",
  "wrong type",
  "malformed",
  "too many layers",
  "wrong sender",
  "over rate",
] as const;

export const spec: ElementSpec = {
  name: "OverlayRecvUnwrap",
  manual: `
OverlayRecvUnwrap(admission)

Unwraps the packet in overlay.recv(Packet), overlay by overlay, down to the payload. A packet that another node wrapped is decoded and
admitted with the same checks as in NetworkIn.

Ports   in: 1 push. out: 1 push: the tuple, then each tuple unwrapped from it. A recv event also leaves as itself, for the rules that
        subscribe to it.
Drops   "not accepted": a predicate that the program does not accept from the network; "unknown predicate"; "wrong type"; "malformed":
        fields that cannot be decoded; "too many layers": packets nested more than 32 deep; "wrong sender": accept admits the tuple
        from known senders only, and the sender of a packet is unknown; "over rate": the rate of accept is exceeded.
Reads   counters: tuples in; tuples out, including unwrapped tuples
Built   by runtime/node/dataflow.ts, one per node.
Example ron.recv(alarm(30, "a")) leaves as itself and as alarm(30, "a").
See     OverlaySendWrap, ReceiveDemux, NetworkIn
`,
  drops,
  stateful: false,
};

export class OverlayRecvUnwrap implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly #admission: Admission;
  readonly #source: () => Value;
  readonly #out: (tuple: Tuple, provenance: Provenance) => void;

  /** `source` returns the address that the input of the running step came from. */
  constructor(admission: Admission, source: () => Value, out: (tuple: Tuple, provenance: Provenance) => void) {
    this.#admission = admission;
    this.#source = source;
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

  /** A packet that this node wrapped still holds the tuple that a rule derived. Any other packet holds bytes from the network. */
  #unwrap(packet: Packet): void {
    if (packet.tuple !== undefined) return this.#pass(packet.tuple, "rule");
    for (const payload of this.open(packet)) this.#pass(payload, "network");
  }

  /** Decodes and admits the tuples in an encoded packet, and counts the refused tuples. */
  open(packet: Packet): readonly Tuple[] {
    return this.#admission.open(packet, this.#refused).filter((tuple) => this.#isPermitted(tuple));
  }

  /** Nobody vouches for the sender of a packet: any node that forwards it may have made it. */
  #isPermitted(tuple: Tuple): boolean {
    const refusal = this.#admission.refusal(tuple, { principal: undefined, source: this.#source() });
    if (refusal !== undefined) this.counters.drop(refusal);
    return refusal === undefined;
  }

  readonly #refused = (reason: AdmissionRefusal): void => this.counters.drop(reason);
}
