import type { StepInput } from "../engine/step-input.ts";
import { destinationText, readHeader, sourceText } from "../ip/ip-packet.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { segmentCount, isTrain, segmentsOf, type Train } from "../plan/values/train.ts";
import type { Tun } from "../world/world.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";

export const spec: ElementSpec = {
  name: "TunRx",
  manual: `
Tun::Rx(tun)

Makes each IP packet that the kernel routes to the device an event tun(Packet, Source, Destination, Protocol, TTL). A
train of packets of one flow is one event.

Ports   in: the device. out: 1 push.
Drops   "tun: no IP packet": what has no whole IPv4 or IPv6 header.
Reads   counters: packets in, tuples out
Built   by runtime/node/dataflow.ts, when the node has a device and a rule hears tun.
See     TunTx, ReceiveDemux
`,
  inputs: "0",
  outputs: "1",
  drops: ["tun: no IP packet"],
};

export class TunRx {
  readonly counters: ElementCounters = new ElementCounters();
  /** `tun` of the program that is running. */
  event: PredicateSpec;
  readonly #out: (cause: StepInput) => void;

  constructor(tun: Tun, event: PredicateSpec, out: (cause: StepInput) => void) {
    this.event = event;
    this.#out = out;
    tun.onPacket((packet) => this.#packet(packet));
  }

  /** The device uses its buffer again when the step is over, and so is the tuple. */
  #packet(bytes: Uint8Array): void {
    this.counters.in += segmentCount(bytes);
    this.#take(bytes);
  }

  #take(bytes: Uint8Array): void {
    const header = readHeader(bytes);
    if (header === undefined) return this.#none(bytes);
    if (header.length < bytes.length && isTrain(bytes)) return this.#singly(bytes);
    const packet = header.length === bytes.length ? bytes : bytes.subarray(0, header.length);
    const args = [packet, sourceText(packet, header), destinationText(packet, header), header.protocol, header.ttl];
    this.counters.out++;
    this.#out({ tuple: { predicate: this.event, args, isDelete: false }, provenance: "device", source: null });
  }

  #none(bytes: Uint8Array): void {
    for (const _ of segmentsOf(bytes)) this.counters.drop("tun: no IP packet");
  }

  /** Packets with something behind them. */
  #singly(train: Train): void {
    for (const row of train.segments()) this.#take(row);
  }
}
