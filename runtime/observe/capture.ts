import { type Crossing, TracedDatagrams } from "./traced-datagrams.ts";
import type { Clock, ReadCycles, Tun, TunCounters, TunOffload, World } from "../world/world.ts";
import { segmentsOf } from "../plan/values/train.ts";
import { captureHead, capturedPacket } from "./pcapng.ts";
import { type UdpEnd, udpEnd, udpPacket } from "./udp-packet.ts";

/** Where a capture goes. */
export interface CaptureSink {
  /** Takes the bytes, or refuses them when too much waits already. */
  write(bytes: Uint8Array): boolean;
  /** Bytes that wait, and how many may. */
  readonly length: number;
  readonly limit: number;
}

const OUTER = 0;
const INNER = 1;
const UNKNOWN: UdpEnd = { host: new Uint8Array(4), port: 0 };

/**
 * Writes the packets of a node to a sink in the pcapng format: the datagrams between nodes on the interface `outer`, what
 * the device gives and takes on `inner`. Packets that the sink refuses are counted. A peer that is known by a name
 * only has the address 0.0.0.0, and a comment with its name.
 */
export class Capture {
  /** Packets that found no room. */
  dropped = 0;
  readonly #sink: CaptureSink;
  readonly #clock: Clock;
  /** What time it was, in seconds since 1970, when the clock was at 0. */
  readonly #epoch: number;
  readonly #self: UdpEnd;

  /** `address` is the node's own `host:port`. */
  constructor(sink: CaptureSink, clock: Clock, epoch: number, address: string, tunName: string) {
    this.#sink = sink;
    this.#clock = clock;
    this.#epoch = epoch;
    this.#self = udpEnd(address) ?? UNKNOWN;
    sink.write(captureHead("mosaic", [{ name: "outer" }, { name: tunName === "" ? "inner" : tunName }]));
  }

  get length(): number {
    return this.#sink.length;
  }

  get limit(): number {
    return this.#sink.limit;
  }

  datagram({ time, way, peer, bytes }: Crossing): void {
    const end = udpEnd(peer);
    const other = end ?? UNKNOWN;
    const isSent = way === "sent";
    const packet = isSent ? udpPacket(this.#self, other, bytes) : udpPacket(other, this.#self, bytes);
    const comment = end === undefined ? `${isSent ? "to" : "from"} ${peer}` : undefined;
    this.#write(OUTER, time, isSent ? "out" : "in", packet, comment);
  }

  /** A packet, or each of a train, that came out of the device (`in`) or goes into it. */
  packet(way: "in" | "out", bytes: Uint8Array): void {
    for (const row of segmentsOf(bytes)) this.#write(INNER, this.#clock.now(), way, row, undefined);
  }

  #write(number: number, time: number, way: "in" | "out", bytes: Uint8Array, comment: string | undefined): void {
    const block = capturedPacket({ interface: number, time: this.#epoch + time, way, bytes, comment });
    if (!this.#sink.write(block)) this.dropped++;
  }
}

/** The world with a capture of what crosses its edge: there is no way past it. */
export function captured(world: World, capture: Capture): World {
  const datagrams = new TracedDatagrams(world.datagrams, world.clock, (crossing) => capture.datagram(crossing));
  const { flowCache: _, ...seen } = world;
  return { ...seen, capture, datagrams, tun: world.tun && new CapturedTun(world.tun, capture) };
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

  get counters(): TunCounters {
    return this.#inner.counters;
  }

  get offload(): TunOffload | undefined {
    return this.#inner.offload;
  }

  get readCycles(): ReadCycles | undefined {
    return this.#inner.readCycles;
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
