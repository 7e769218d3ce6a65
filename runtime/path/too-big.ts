import type { DeviceRoutes } from "../ip/device-routes.ts";
import { type IpHeader, readHeader, sourceBytes } from "../ip/ip-packet.ts";
import type { Clock, Device } from "../world/world.ts";
import { tooBigMessage } from "./too-big-message.ts";

/** Smallest MTU that a sender is asked for: every host accepts 576 bytes (IPv4), every link carries 1280 (IPv6). */
const IPV4_MTU_MIN = 576;
const IPV6_MTU_MIN = 1280;

/** Seconds between two messages for the same pair of hosts. */
const NOTIFY_INTERVAL = 0.1;
const FLOWS_MAX = 1024;

const ICMP = 1;
const ICMPV6 = 58;
const ICMP_ECHO_REPLY = 0;
const ICMP_ECHO = 8;
const ICMPV6_INFORMATIONAL = 128;

const DONT_FRAGMENT = 0x40;

/**
 * Sender of ICMP messages about packets that are too long for a path. NetworkOut and UdpTx call `notify` for a packet that would have to be
 * fragmented. The message goes into the device from which the packet came; if the packet came from another node, into the device whose
 * network contains the sender, or else into the first one.
 */
export class TooBig {
  notified = 0;
  readonly #tuns: DeviceRoutes<Device>;
  readonly #clock: Clock;
  /** Time of the latest message by pair of hosts, the oldest first. */
  readonly #notifiedAt = new Map<string, number>();

  constructor(tuns: DeviceRoutes<Device>, clock: Clock) {
    this.#tuns = tuns;
    this.#clock = clock;
  }

  /**
   * Notifies the sender of a packet of `length` bytes that packets may have `mtu` bytes. `device` is the name of the device from which the
   * packet came. If it returns true, the caller drops the packet. If it returns false, the caller fragments the packet: the sender allows
   * fragmentation, cannot be notified, or was notified just before.
   */
  notify(packet: Uint8Array, mtu: number, length: number = packet.length, device?: string): boolean {
    const header = this.#tuns.all.length === 0 ? undefined : readHeader(packet);
    if (header === undefined || !mayNotify(packet, header)) return false;
    const tun = device === undefined ? this.#tuns.toward(sourceBytes(packet, header)) : this.#tuns.named(device);
    if (tun === undefined) return false;
    const least = header.version === 4 ? IPV4_MTU_MIN : IPV6_MTU_MIN;
    if (length <= least || (header.version === 4 && mtu < least)) return false;
    if (!this.#isDue(addressesIn(packet, header))) return false;
    this.notified++;
    tun.write(tooBigMessage(packet, header, Math.max(mtu, least)));
    return true;
  }

  #isDue(flow: string): boolean {
    const now = this.#clock.now();
    const before = this.#notifiedAt.get(flow);
    if (before !== undefined && now - before < NOTIFY_INTERVAL) return false;
    this.#notifiedAt.delete(flow);
    if (this.#notifiedAt.size >= FLOWS_MAX && !this.#dropOldest(now)) return false;
    this.#notifiedAt.set(flow, now);
    return true;
  }

  /** Makes room in the table. Returns false if even the oldest entry is within the interval. This limits the rate over all pairs. */
  #dropOldest(now: number): boolean {
    for (const [flow, at] of this.#notifiedAt) {
      return now - at >= NOTIFY_INTERVAL && this.#notifiedAt.delete(flow);
    }
    return true;
  }
}

/**
 * Returns whether ICMP allows a message. Not about later fragments, ICMP errors, multicast, or packets that may be fragmented (RFC 1122,
 * 4443).
 */
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

/** Returns whether an IPv4 address is neither unspecified, nor multicast, nor broadcast. */
function isOneHost(firstByte: number): boolean {
  return firstByte !== 0 && firstByte < 224;
}

function addressesIn(packet: Uint8Array, { version }: IpHeader): string {
  const [start, length] = version === 4 ? [12, 8] : [8, 32];
  return Buffer.from(packet.buffer, packet.byteOffset + start, length).toString("latin1");
}
