import { type Crossing, TracedDatagrams } from "./traced-datagrams.ts";
import type { Opened } from "../world/streams.ts";
import type { UdpSockets } from "../world/udp-sockets.ts";
import type { Clock, Datagrams, ReadCycles, Device, DeviceCounters, DeviceOffload, World } from "../world/world.ts";
import { printable } from "../plan/values/printable.ts";
import { segmentsOf } from "../plan/values/train.ts";
import { captureHead, capturedPacket } from "./pcapng.ts";
import { type UdpEnd, udpEnd, udpPacket } from "./udp-packet.ts";

/** Destination of a capture. */
export interface CaptureSink {
  /** Takes the bytes. Returns false, and takes nothing, when the queue is full. Calls `onLost` if bytes that it took cannot be written. */
  write(bytes: Uint8Array, onLost: () => void): boolean;
  /** Bytes in the queue, and its limit. */
  readonly length: number;
  readonly limit: number;
}

/** Name and kind of a device of which packets are captured. */
type CapturedName = Pick<Device, "name" | "kind">;

/** Number of characters of a peer in a comment; an option of the format has at most 65,535 bytes. */
const LONGEST_COMMENT = 1_000;
const OUTER = 0;
const INNER = 1;
/** For the head of the file: its loss does not count in `dropped`, because it is no packet. */
const NOTHING_LOST = (): void => undefined;
const UNKNOWN: UdpEnd = { host: new Uint8Array(4), port: 0 };

/**
 * Writes the packets of a node to a sink in the pcapng format: datagrams between nodes on the interface `outer`, packets of each device on
 * an interface with the name of the device. A peer whose address is not known has the address 0.0.0.0 and a comment with its name.
 */
export class Capture {
  /** Number of packets that the sink refused or lost. Each packet of a train counts. */
  dropped = 0;
  readonly #sink: CaptureSink;
  readonly #unixTime: () => number;
  readonly #self: UdpEnd;

  readonly #onLost = (): void => void this.dropped++;

  /**
   * `unixTime` returns seconds since 1970, `address` is the `host:port` of the node. `devices` are its devices; null for the
   * second and later nodes of a process, which add packets to the file of the first node and have no devices.
   */
  constructor(sink: CaptureSink, unixTime: () => number, address: string, devices: readonly CapturedName[] | null) {
    this.#sink = sink;
    this.#unixTime = unixTime;
    this.#self = udpEnd(address) ?? UNKNOWN;
    if (devices === null) return;
    const inner =
      devices.length === 0
        ? [{ name: "inner" }]
        : devices.map(({ name, kind }) => ({ name, isEthernet: kind === "tap" }));
    sink.write(captureHead("mosaic", [{ name: "outer" }, ...inner]), NOTHING_LOST);
  }

  get length(): number {
    return this.#sink.length;
  }

  get limit(): number {
    return this.#sink.limit;
  }

  /** Writes a datagram of the node, or of another socket at the address `self`. */
  datagram({ way, peer, bytes }: Crossing, self: UdpEnd = this.#self): void {
    const end = udpEnd(peer);
    const other = end ?? UNKNOWN;
    const isSent = way === "sent";
    const packet = isSent ? udpPacket(self, other, bytes) : udpPacket(other, self, bytes);
    const comment = end === undefined ? `${isSent ? "to" : "from"} ${printable(peer, LONGEST_COMMENT)}` : undefined;
    this.#write(OUTER, isSent ? "out" : "in", packet, comment);
  }

  /**
   * Writes a packet, or each segment of a train, that was read from a device (`in`) or is written to it (`out`). `device` is the number of
   * the device, from 0.
   */
  packet(way: "in" | "out", bytes: Uint8Array, device: number): void {
    for (const segment of segmentsOf(bytes)) this.#write(INNER + device, way, segment, undefined);
  }

  #write(number: number, way: "in" | "out", bytes: Uint8Array, comment: string | undefined): void {
    const block = capturedPacket({ interface: number, time: this.#unixTime(), way, bytes, comment });
    if (!this.#sink.write(block, this.#onLost)) this.dropped++;
  }
}

/**
 * Wraps the datagrams, the UDP sockets and the devices of a world with a capture. Removes the flow cache, because the capture would not see
 * packets that the cache forwards.
 */
export function captured(world: World, capture: Capture): World {
  const datagrams = new TracedDatagrams(world.datagrams, world.clock, (crossing) => capture.datagram(crossing));
  const { flowCache: _, ...rest } = world;
  const udp = world.udp && new CapturedUdp(world.udp, world.clock, capture);
  const devices = world.devices.map((device, at) => new CapturedDevice(device, capture, at));
  return { ...rest, capture, datagrams, udp, devices };
}

class CapturedUdp implements UdpSockets {
  readonly #inner: UdpSockets;
  readonly #clock: Clock;
  readonly #capture: Capture;

  constructor(inner: UdpSockets, clock: Clock, capture: Capture) {
    this.#inner = inner;
    this.#clock = clock;
    this.#capture = capture;
  }

  open(address: string, opened: (outcome: Opened<Datagrams>) => void): void {
    this.#inner.open(address, (outcome) =>
      opened(outcome.ok ? { ok: true, value: this.#traced(outcome.value) } : outcome),
    );
  }

  #traced(datagrams: Datagrams): Datagrams {
    const self = udpEnd(datagrams.address) ?? UNKNOWN;
    return new TracedDatagrams(datagrams, this.#clock, (crossing) => this.#capture.datagram(crossing, self));
  }
}

class CapturedDevice implements Device {
  readonly #inner: Device;
  readonly #capture: Capture;
  /** Number of the device in the capture. */
  readonly #number: number;

  constructor(inner: Device, capture: Capture, number: number) {
    this.#inner = inner;
    this.#capture = capture;
    this.#number = number;
  }

  get kind(): Device["kind"] {
    return this.#inner.kind;
  }

  get name(): string {
    return this.#inner.name;
  }

  get mtu(): number {
    return this.#inner.mtu;
  }

  get lowerMtu(): Device["lowerMtu"] {
    return this.#inner.lowerMtu;
  }

  get network(): Device["network"] {
    return this.#inner.network;
  }

  get counters(): DeviceCounters {
    return this.#inner.counters;
  }

  get offload(): DeviceOffload | undefined {
    return this.#inner.offload;
  }

  get readCycles(): ReadCycles | undefined {
    return this.#inner.readCycles;
  }

  problem(): string | undefined {
    return this.#inner.problem?.();
  }

  restore(): void {
    this.#inner.restore?.();
  }

  onPacket(receive: (packet: Uint8Array) => void): void {
    this.#inner.onPacket((packet) => {
      this.#capture.packet("in", packet, this.#number);
      receive(packet);
    });
  }

  write(packet: Uint8Array): void {
    this.#capture.packet("out", packet, this.#number);
    this.#inner.write(packet);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }
}
