/**
 * The entry of device packets, stage 1 of the packet path (`runtime/node/dataflow.ts`). The TUN devices pass packets to this element.
 * Each packet, or train of packets, becomes the input of a step and goes to Mux.
 */
import type { StepInput } from "../engine/step-input.ts";
import { isFragment, type OwnDatagrams } from "../ip/own-datagrams.ts";
import { destinationText, readHeader, sourceText } from "../ip/ip-packet.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { noteDevicePacket } from "../plan/values/device-origin.ts";
import { segmentCount, isTrain, segmentsOf, type Train } from "../plan/values/train.ts";
import type { Device } from "../world/world.ts";
import type { Element } from "./element.ts";

const UDP = 17;

const drops = ["tun: no IP packet", "tun: no subscriber", "own datagram"] as const;

export const spec: ElementSpec = {
  name: "TunRx",
  manual: `
Tun::Rx(tuns)

Raises an event tun(Packet, Source, Destination, Protocol, TTL, Device) for each IP packet that the kernel routes to a TUN device. Device is
the name of the device. A train of packets of one flow becomes one event.

Ports   in: the devices. out: 1 push.
Drops   "tun: no IP packet": no complete IPv4 or IPv6 header; "tun: no subscriber": no rule of the running program subscribes to tun;
        "own datagram": a datagram between the socket of this node and a peer, which came here because the route to the peer leads into a
        device.
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
  readonly #tuns: readonly Device[];
  readonly #out: (input: StepInput) => void;
  readonly #own: OwnDatagrams;
  #event: PredicateSpec | undefined;
  #isReading = false;

  constructor(tuns: readonly Device[], own: OwnDatagrams, out: (input: StepInput) => void) {
    this.#tuns = tuns;
    this.#own = own;
    this.#out = out;
  }

  get devices(): readonly Device[] {
    return this.#tuns;
  }

  /** Serves a program from now on: `event` is the predicate `tun` of the program, undefined when no rule subscribes to `tun`. */
  serve(event: PredicateSpec | undefined): void {
    this.#event = event;
    if (this.#isReading) return;
    this.#isReading = true;
    for (const tun of this.#tuns) tun.onPacket((packet) => this.#receive(packet, tun.name));
  }

  /** `bytes` are valid until the step has ended; then the device reuses its buffer. */
  #receive(bytes: Uint8Array, device: string): void {
    this.counters.in += segmentCount(bytes);
    this.#raise(bytes, device);
  }

  #raise(bytes: Uint8Array, device: string): void {
    const header = readHeader(bytes);
    if (header === undefined) return this.#drop(bytes, "tun: no IP packet");
    if (this.#event === undefined) return this.#drop(bytes, "tun: no subscriber");
    if (header.length < bytes.length && isTrain(bytes)) return this.#raiseSegments(bytes, device);
    if (header.protocol === UDP) {
      if (isTrain(bytes) && isFragment(bytes, header)) return this.#raiseSegments(bytes, device);
      if (this.#own.has(bytes, header)) return this.#drop(bytes, "own datagram");
    }
    const packet = header.length === bytes.length ? bytes : bytes.subarray(0, header.length);
    noteDevicePacket(packet, device);
    const [source, destination] = [sourceText(packet, header), destinationText(packet, header)];
    const args = [packet, source, destination, header.protocol, header.ttl, device];
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
  #raiseSegments(train: Train, device: string): void {
    for (const segment of train.segments()) this.#raise(segment, device);
  }
}
