/**
 * The entry of device packets, stage 1 of the packet path (`runtime/node/dataflow.ts`). The TUN device passes packets to this element. Each
 * packet, or train of packets, becomes the input of a step and goes to Mux.
 */
import type { StepInput } from "../engine/step-input.ts";
import { isFragment, type OwnDatagrams } from "../ip/own-datagrams.ts";
import { destinationText, readHeader, sourceText } from "../ip/ip-packet.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { noteDevicePacket } from "../plan/values/device-origin.ts";
import { segmentCount, isTrain, segmentsOf, type Train } from "../plan/values/train.ts";
import type { Tun } from "../world/world.ts";
import type { Element } from "./element.ts";

const UDP = 17;

const drops = ["tun: no IP packet", "tun: no subscriber", "own datagram"] as const;

export const spec: ElementSpec = {
  name: "TunRx",
  manual: `
Tun::Rx(tun)

Raises an event tun(Packet, Source, Destination, Protocol, TTL) for each IP packet that the kernel routes to the device. A train of packets
of one flow becomes one event.

Ports   in: the device. out: 1 push.
Drops   "tun: no IP packet": no complete IPv4 or IPv6 header; "tun: no subscriber": the running program has no rule that subscribes to tun,
        but an earlier program had one; "own datagram": a datagram between the socket of this node and a peer, which came here because the
        route to the peer leads into the device.
Reads   counters: packets in, tuples out
Built   by runtime/node/ports.ts, one per node.
See     TunTx, ReceiveDemux
`,
  drops,
  stateful: false,
};

export class TunRx implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly #tun: Tun | undefined;
  readonly #out: (input: StepInput) => void;
  readonly #own: OwnDatagrams;
  #event: PredicateSpec | undefined;
  #isReading = false;

  constructor(tun: Tun | undefined, own: OwnDatagrams, out: (input: StepInput) => void) {
    this.#tun = tun;
    this.#own = own;
    this.#out = out;
  }

  /** Serves a program from now on: `event` is the predicate `tun` of the program, undefined when no rule subscribes to `tun`. */
  serve(event: PredicateSpec | undefined): void {
    this.#event = event;
    if (event === undefined || this.#tun === undefined || this.#isReading) return;
    this.#isReading = true;
    this.#tun.onPacket((packet) => this.#receive(packet));
  }

  /** `bytes` are valid until the step has ended; then the device reuses its buffer. */
  #receive(bytes: Uint8Array): void {
    this.counters.in += segmentCount(bytes);
    this.#raise(bytes);
  }

  #raise(bytes: Uint8Array): void {
    const header = readHeader(bytes);
    if (header === undefined) return this.#drop(bytes, "tun: no IP packet");
    if (this.#event === undefined) return this.#drop(bytes, "tun: no subscriber");
    if (header.length < bytes.length && isTrain(bytes)) return this.#raiseSegments(bytes);
    if (header.protocol === UDP) {
      if (isTrain(bytes) && isFragment(bytes, header)) return this.#raiseSegments(bytes);
      if (this.#own.has(bytes, header)) return this.#drop(bytes, "own datagram");
    }
    const packet = header.length === bytes.length ? bytes : bytes.subarray(0, header.length);
    noteDevicePacket(packet);
    const args = [packet, sourceText(packet, header), destinationText(packet, header), header.protocol, header.ttl];
    this.counters.out++;
    this.#out({ tuple: { predicate: this.#event, args, isDelete: false }, provenance: "device", source: null });
  }

  #drop(bytes: Uint8Array, reason: DropReason<typeof drops>): void {
    for (const _ of segmentsOf(bytes)) this.counters.drop(reason);
  }

  /**
   * Raises one event per packet of a train. Needed if the segments are longer than the packets in them, or if the packets are fragments,
   * which may belong to several datagrams.
   */
  #raiseSegments(train: Train): void {
    for (const segment of train.segments()) this.#raise(segment);
  }
}
