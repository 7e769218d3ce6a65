import { type Crossing, TracedDatagrams } from "./traced-datagrams.ts";
import type { Opened } from "../world/streams.ts";
import type { UdpSockets } from "../world/udp-sockets.ts";
import type { Clock, Datagrams, ReadCycles, Tun, TunCounters, TunOffload, World } from "../world/world.ts";
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

/** Number of characters of a peer in a comment; an option of the format has at most 65,535 bytes. */
const LONGEST_COMMENT = 1_000;
const OUTER = 0;
const INNER = 1;
/** For the head of the file: its loss does not count in `dropped`, because it is no packet. */
const NOTHING_LOST = (): void => undefined;
const UNKNOWN: UdpEnd = { host: new Uint8Array(4), port: 0 };

/**
 * Writes the packets of a node to a sink in the pcapng format: datagrams between nodes on the interface `outer`, packets of
 * the device on `inner`. A peer whose address is not known has the address 0.0.0.0 and a comment with its name.
 */
export class Capture {
  /** Number of packets that the sink refused or lost. Each packet of a train counts. */
  dropped = 0;
  readonly #sink: CaptureSink;
  readonly #unixTime: () => number;
  readonly #self: UdpEnd;

  readonly #onLost = (): void => void this.dropped++;

  /**
   * `unixTime` returns seconds since 1970, `address` is the `host:port` of the node. `tunName` is null for the second and later nodes of a
   * process: they add packets to the file of the first node, which has a head.
   */
  constructor(sink: CaptureSink, unixTime: () => number, address: string, tunName: string | null) {
    this.#sink = sink;
    this.#unixTime = unixTime;
    this.#self = udpEnd(address) ?? UNKNOWN;
    if (tunName === null) return;
    sink.write(captureHead("mosaic", [{ name: "outer" }, { name: tunName === "" ? "inner" : tunName }]), NOTHING_LOST);
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

  /** Writes a packet, or each segment of a train, that was read from the device (`in`) or is written to it (`out`). */
  packet(way: "in" | "out", bytes: Uint8Array): void {
    for (const segment of segmentsOf(bytes)) this.#write(INNER, way, segment, undefined);
  }

  #write(number: number, way: "in" | "out", bytes: Uint8Array, comment: string | undefined): void {
    const block = capturedPacket({ interface: number, time: this.#unixTime(), way, bytes, comment });
    if (!this.#sink.write(block, this.#onLost)) this.dropped++;
  }
}

/**
 * Wraps the datagrams, the UDP sockets and the device of a world with a capture. Removes the flow cache, because the capture would not see
 * packets that the cache forwards.
 */
export function captured(world: World, capture: Capture): World {
  const datagrams = new TracedDatagrams(world.datagrams, world.clock, (crossing) => capture.datagram(crossing));
  const { flowCache: _, ...rest } = world;
  const udp = world.udp && new CapturedUdp(world.udp, world.clock, capture);
  return { ...rest, capture, datagrams, udp, tun: world.tun && new CapturedTun(world.tun, capture) };
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

class CapturedTun implements Tun {
  readonly #inner: Tun;
  readonly #capture: Capture;

  constructor(inner: Tun, capture: Capture) {
    this.#inner = inner;
    this.#capture = capture;
  }

  get name(): string {
    return this.#inner.name;
  }

  get mtu(): number {
    return this.#inner.mtu;
  }

  get lowerMtu(): Tun["lowerMtu"] {
    return this.#inner.lowerMtu;
  }

  get address(): string | undefined {
    return this.#inner.address;
  }

  get counters(): TunCounters {
    return this.#inner.counters;
  }

  get offload(): TunOffload | undefined {
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
      this.#capture.packet("in", packet);
      receive(packet);
    });
  }

  write(packet: Uint8Array): void {
    this.#capture.packet("out", packet);
    this.#inner.write(packet);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }
}
