import { type IpHeader, readHeader } from "../ip/ip-packet.ts";
import type { Clock, Tun } from "../world/world.ts";
import { tooBigMessage } from "./too-big-message.ts";

/** What every host takes (IPv4), and what every link carries (IPv6): a sender is not asked for less. */
const IPV4_MTU_MIN = 576;
const IPV6_MTU_MIN = 1280;

/** Between two messages about packets of one host for another: one is enough until its kernel forgets. Seconds. */
const NOTIFY_INTERVAL = 0.1;
const FLOWS_MAX = 1024;

const ICMP = 1;
const ICMPV6 = 58;
const ICMP_ECHO_REPLY = 0;
const ICMP_ECHO = 8;
const ICMPV6_INFORMATIONAL = 128;

const DONT_FRAGMENT = 0x40;

/** Tells the senders of packets which no datagram holds how long a packet may be, by the device that the packets came from. */
export class TooBig {
  notified = 0;
  readonly #tun: Tun | undefined;
  readonly #clock: Clock;
  /** When it was told last, by who sends to whom; the oldest first. */
  readonly #toldAt = new Map<string, number>();

  constructor(tun: Tun | undefined, clock: Clock) {
    this.#tun = tun;
    this.#clock = clock;
  }

  /**
   * Whether the sender of a packet has been told that it may have `mtu` bytes; then it need not travel. False when it is to
   * be cut: its sender does not mind, or has just been told, or cannot be told.
   */
  notify(packet: Uint8Array, mtu: number): boolean {
    const header = this.#tun === undefined ? undefined : readHeader(packet);
    if (header === undefined || !mayNotify(packet, header)) return false;
    const least = header.version === 4 ? IPV4_MTU_MIN : IPV6_MTU_MIN;
    if (packet.length <= least || (header.version === 4 && mtu < least)) return false;
    if (!this.#isDue(addressesIn(packet, header))) return false;
    this.notified++;
    this.#tun?.write(tooBigMessage(packet, header, Math.max(mtu, least)));
    return true;
  }

  #isDue(flow: string): boolean {
    const now = this.#clock.now();
    const before = this.#toldAt.get(flow);
    if (before !== undefined && now - before < NOTIFY_INTERVAL) return false;
    this.#toldAt.delete(flow);
    if (this.#toldAt.size >= FLOWS_MAX && !this.#forgetOldest(now)) return false;
    this.#toldAt.set(flow, now);
    return true;
  }

  /** One that has been told just now is not forgotten: so many flows are not told faster than this. */
  #forgetOldest(now: number): boolean {
    for (const [flow, at] of this.#toldAt) {
      return now - at >= NOTIFY_INTERVAL && this.#toldAt.delete(flow);
    }
    return true;
  }
}

/** Nobody is told of what he allowed to be cut, of errors, of pieces, or of what was for many (RFC 1122, RFC 4443). */
function mayNotify(
  packet: Uint8Array,
  { version, protocol, payloadAt, isLaterFragment: laterFragment }: IpHeader,
): boolean {
  if (laterFragment || payloadAt >= packet.length) return false;
  const type = packet[payloadAt] as number;
  if (version === 6) {
    return packet[8] !== 0xff && packet[24] !== 0xff && (protocol !== ICMPV6 || type >= ICMPV6_INFORMATIONAL);
  }
  if (((packet[6] as number) & DONT_FRAGMENT) === 0) return false;
  const isError = protocol === ICMP && type !== ICMP_ECHO && type !== ICMP_ECHO_REPLY;
  return !isError && isOneHost(packet[12] as number) && isOneHost(packet[16] as number);
}

/** Neither nobody, nor a group, nor all. */
function isOneHost(firstByte: number): boolean {
  return firstByte !== 0 && firstByte < 224;
}

function addressesIn(packet: Uint8Array, { version }: IpHeader): string {
  const [start, length] = version === 4 ? [12, 8] : [8, 32];
  return Buffer.from(packet.buffer, packet.byteOffset + start, length).toString("latin1");
}
