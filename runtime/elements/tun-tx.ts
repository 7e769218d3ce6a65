/**
 * The exit of device packets, stage 8 of the packet path (`runtime/node/dataflow.ts`). ReceiveDemux pushes `tun` tuples; when the step
 * commits, their packets are written to the TUN devices.
 */
import type { DeviceRoutes } from "../ip/device-routes.ts";
import { declaredLength, destinationBytes, type HeaderChanges, readHeader, rewriteHeader } from "../ip/ip-packet.ts";
import { appended } from "../plan/values/appended.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { segmentCount, isTrain, segmentsOf, type Train, trainOf } from "../plan/values/train.ts";
import type { Value } from "../plan/values/value.ts";
import type { Device } from "../world/world.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import { UnknownDevices } from "../observe/unknown-devices.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Element } from "./element.ts";

const drops = ["tun: no device", "tun: unknown device", "tun: no IP packet", "tun: bad header field"] as const;

/** Column of the device in `tun(Packet, Source, Destination, Protocol, TTL, Device)`. The columns before it are header fields. */
const DEVICE = 5;

export const spec: ElementSpec = {
  name: "TunTx",
  manual: `
Tun::Tx(tuns)

Writes the packet of tun(Packet, Source, Destination, Protocol, TTL, Device) to the device of that name when the step commits. Without a
name it chooses the device whose network contains the destination, or else the first one. A header field other than null replaces the
field of the packet, and the checksums are updated; null leaves the field unchanged. All packets of a train get the same changes.

Ports   in: 1 push. out: the devices.
Drops   "tun: no device": the node has none; "tun: unknown device": the node has no TUN device of that name; "tun: no IP packet";
        "tun: bad header field": a field of the wrong type or IP version.
Reads   counters: tuples in, packets out
Built   by runtime/node/ports.ts, one per node.
Example tun(Pkt, _, "10.0.0.5") sends the packet to another host, tun(Pkt, _, _, _, _, "b") to the device b.
See     TunRx, ReceiveDemux
`,
  drops,
  // The flow cache cannot repeat a change of a header. It counts `rewritten` as a loss, so it does not cache a run with such a change.
  stateful: false,
};

export class TunTx implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  /** Number of packets and trains in whose headers rules changed a field. */
  rewritten = 0;
  /** Numbers of packets for device names that the node does not have. */
  readonly unknownDevices: UnknownDevices = new UnknownDevices();
  readonly #tuns: DeviceRoutes<Device>;
  /** The only device. Undefined if the node has none or several. */
  readonly #only: Device | undefined;
  #packets: Uint8Array[] = [];
  /** The device of each packet. */
  #devices: Device[] = [];

  constructor(tuns: DeviceRoutes<Device>) {
    this.#tuns = tuns;
    this.#only = tuns.all.length === 1 ? tuns.all[0] : undefined;
  }

  push({ args }: Tuple): void {
    this.counters.in++;
    const [packet] = args;
    if (this.#tuns.all.length === 0) return this.counters.drop("tun: no device");
    if (!(packet instanceof Uint8Array)) return this.counters.drop("tun: no IP packet");
    if (isTrain(packet) && !isUniform(packet)) for (const segment of packet.segments()) this.#packet(segment, args);
    else this.#packet(packet, args);
  }

  #packet(packet: Uint8Array, args: readonly Value[]): void {
    if (readHeader(packet) === undefined) return this.counters.drop("tun: no IP packet");
    if (leavesHeader(args)) return this.#choose(packet, args[DEVICE] ?? null);
    const changed = withHeader(packet, args);
    if (changed === undefined) return this.counters.drop("tun: bad header field");
    this.rewritten++;
    this.#choose(changed, args[DEVICE] ?? null);
  }

  /** Chooses the device of a packet or train. `name` is null if the tuple names none. */
  #choose(packet: Uint8Array, name: Value): void {
    if (name === null) {
      if (this.#only !== undefined) return this.#add(packet, this.#only);
      return this.#addByDestination(packet);
    }
    const device = typeof name === "string" ? this.#tuns.named(name) : undefined;
    if (device !== undefined) return this.#add(packet, device);
    this.unknownDevices.add(name, segmentCount(packet));
    for (const _ of segmentsOf(packet)) this.counters.drop("tun: unknown device");
  }

  /** Keeps a train together if one device is for all its packets, whose destinations may differ. */
  #addByDestination(packet: Uint8Array): void {
    const first = this.#toward(packet);
    const segments = isTrain(packet) ? packet.segments() : [];
    if (segments.every((segment) => this.#toward(segment) === first)) return this.#add(packet, first);
    for (const segment of segments) this.#add(segment, this.#toward(segment));
  }

  #toward(packet: Uint8Array): Device | undefined {
    const header = readHeader(packet);
    return header && this.#tuns.toward(destinationBytes(packet, header));
  }

  #add(packet: Uint8Array, device: Device | undefined): void {
    if (device === undefined) return this.counters.drop("tun: no IP packet");
    this.#packets = appended(this.#packets, packet);
    this.#devices = appended(this.#devices, device);
  }

  /** Writes the packets of the step. */
  commit(): void {
    if (this.#packets.length === 0) return;
    const packets = this.#packets;
    const devices = this.#devices;
    this.abort();
    for (let at = 0; at < packets.length; at++) {
      const packet = packets[at] as Uint8Array;
      this.counters.out += segmentCount(packet);
      devices[at]?.write(packet);
    }
  }

  abort(): void {
    this.#packets = [];
    this.#devices = [];
  }
}

/**
 * Whether a check of the first packet is valid for all packets of a train: all have the same first byte (IP version, header length), and
 * each has the length that its header declares. A train whose packets come from several senders may be different; then each packet is
 * checked.
 */
function isUniform(train: Train): boolean {
  const bytes = new Uint8Array(train.buffer, train.byteOffset);
  for (let segment = 0; segment < train.count; segment++) {
    const isLast = segment === train.count - 1;
    const at = isLast ? train.lastAt : segment * train.stride;
    if (bytes[at] !== bytes[0] || declaredLength(bytes, at) !== (isLast ? train.lastLength : train.length))
      return false;
  }
  return true;
}

/** Whether the tuple gives no header field, as most tuples do. */
function leavesHeader(args: readonly Value[]): boolean {
  for (let at = 1; at < args.length && at < DEVICE; at++) if (args[at] !== null) return false;
  return true;
}

function withHeader(packet: Uint8Array, args: readonly Value[]): Uint8Array | undefined {
  const [, source = null, destination = null, protocol = null, ttl = null] = args;
  const changes: HeaderChanges = {
    ...(typeof source === "string" && { source }),
    ...(typeof destination === "string" && { destination }),
    ...(typeof protocol === "number" && { protocol }),
    ...(typeof ttl === "number" && { ttl }),
  };
  const given = [source, destination, protocol, ttl].filter((field) => field !== null).length;
  return given === Object.keys(changes).length ? rewritten(packet, changes) : undefined;
}

function rewritten(packet: Uint8Array, changes: HeaderChanges): Uint8Array | undefined {
  if (!isTrain(packet)) return rewriteHeader(packet, changes);
  const segments = segmentsOf(packet).map((segment) => rewriteHeader(segment, changes));
  return segments.every((segment) => segment !== undefined) ? trainOf(segments) : undefined;
}
