import type { Clock } from "../world/world.ts";
import type { ReportFlow } from "./flow-report.ts";
import { type Ipv4Packet, UDP, writeIpv4 } from "./ipv4-packet.ts";

/** UDP stream: datagrams of equal length at a constant rate. */
export interface UdpStreamSettings {
  readonly source: string;
  readonly destination: string;
  /** Port at both ends. Each stream of a host has a port of its own. */
  readonly port: number;
  /** Bits of payload per second. */
  readonly rate: number;
  /** Bytes of payload per datagram, at least 16. */
  readonly size: number;
  readonly seconds: number;
}

const HEADER_BYTES = 8;
/** Numbers of datagrams for which the receiver recognises duplicates. */
const DUPLICATE_WINDOW = 65_536;

/** Sends the datagrams of a stream from now on. Each carries its number and the time at which it was sent. */
export function sendUdpStream(
  { source, destination, port, rate, size, seconds }: UdpStreamSettings,
  clock: Clock,
  send: (packet: Uint8Array) => void,
  report: ReportFlow,
): void {
  const startedAt = clock.now();
  const interval = (size * 8) / rate;
  const count = Math.max(1, Math.ceil(seconds / interval - 1e-9));
  const sendNext = (number: number): void => {
    const at = clock.now();
    const body = new Uint8Array(HEADER_BYTES + size);
    const view = new DataView(body.buffer);
    view.setUint16(0, port);
    view.setUint16(2, port);
    view.setUint16(4, body.length);
    view.setFloat64(HEADER_BYTES, number);
    view.setFloat64(HEADER_BYTES + 8, at);
    report({ kind: "sent", at, packets: 1, bytes: size, retransmitted: 0, delays: [] });
    send(writeIpv4({ source, destination, protocol: UDP, body }));
    if (number + 1 < count) clock.at(startedAt + (number + 1) * interval, () => sendNext(number + 1));
  };
  sendNext(0);
}

/** Receiver of a UDP stream. */
export class UdpStreamReceiver {
  readonly #clock: Clock;
  readonly #report: ReportFlow;
  readonly #numbers = new RecentNumbers(DUPLICATE_WINDOW);

  constructor(clock: Clock, report: ReportFlow) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Takes a datagram of the stream. */
  take({ body }: Ipv4Packet): void {
    if (body.length < HEADER_BYTES + 16) return;
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const sentAt = view.getFloat64(HEADER_BYTES + 8);
    if (!this.#numbers.add(view.getFloat64(HEADER_BYTES))) return;
    const at = this.#clock.now();
    const bytes = body.length - HEADER_BYTES;
    this.#report({ kind: "received", at, packets: 1, bytes, delays: [at - sentAt], sentIn: Math.floor(sentAt) });
  }
}

/** Set of the numbers that were added recently. It holds numbers that are at most `size` below the highest. */
export class RecentNumbers {
  readonly #slots: Float64Array;
  #highest = -1;

  constructor(size: number) {
    this.#slots = new Float64Array(size).fill(-1);
  }

  /** Returns false if the number was added before, or is too old to tell. */
  add(number: number): boolean {
    const size = this.#slots.length;
    const slot = number % size;
    if (number <= this.#highest - size || this.#slots[slot] === number) return false;
    this.#slots[slot] = number;
    this.#highest = Math.max(this.#highest, number);
    return true;
  }
}

/** Port of the receiver of a UDP or TCP packet. Undefined for other packets. */
export function destinationPort({ body }: Ipv4Packet): number | undefined {
  return body.length < 4 ? undefined : ((body[2] ?? 0) << 8) | (body[3] ?? 0);
}
