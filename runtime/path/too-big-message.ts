import { checksumOf } from "../plan/values/checksum.ts";
import type { IpHeader } from "../ip/ip-packet.ts";

const ICMP = 1;
const ICMPV6 = 58;
const TTL = 64;

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const ICMP_HEADER = 8;

/** ICMP type and code of "fragmentation needed", and ICMPv6 type of "packet too big". */
const UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const PACKET_TOO_BIG = 2;

/** Largest length of the message. The message quotes as much of the packet as fits (RFC 1812, 4.3.2.3; RFC 4443, 3.2). */
const IPV4_MESSAGE_MAX = 576;
const IPV6_MESSAGE_MAX = 1280;

/**
 * Builds ICMP "fragmentation needed" or ICMPv6 "packet too big" for the sender of a packet. The source address is the destination of
 * the packet, because the kernel would refuse a packet from one of its own addresses. `version` must be the version of the packet.
 */
export function tooBigMessage(packet: Uint8Array, { version }: IpHeader, mtu: number): Uint8Array {
  return version === 4 ? fragmentationNeeded(packet, mtu) : packetTooBig(packet, mtu);
}

function fragmentationNeeded(packet: Uint8Array, mtu: number): Uint8Array {
  const quoted = packet.subarray(0, IPV4_MESSAGE_MAX - IPV4_HEADER - ICMP_HEADER);
  const bytes = new Uint8Array(IPV4_HEADER + ICMP_HEADER + quoted.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x45, 0xc0]);
  view.setUint16(2, bytes.length);
  bytes.set([TTL, ICMP], 8);
  bytes.set(packet.subarray(16, 20), 12);
  bytes.set(packet.subarray(12, 16), 16);
  view.setUint16(10, checksumOf(bytes, 0, IPV4_HEADER));
  bytes.set([UNREACHABLE, FRAGMENTATION_NEEDED], IPV4_HEADER);
  view.setUint16(IPV4_HEADER + 6, mtu);
  bytes.set(quoted, IPV4_HEADER + ICMP_HEADER);
  view.setUint16(IPV4_HEADER + 2, checksumOf(bytes, IPV4_HEADER, bytes.length));
  return bytes;
}

function packetTooBig(packet: Uint8Array, mtu: number): Uint8Array {
  const quoted = packet.subarray(0, IPV6_MESSAGE_MAX - IPV6_HEADER - ICMP_HEADER);
  const length = ICMP_HEADER + quoted.length;
  const bytes = new Uint8Array(IPV6_HEADER + length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x60]);
  view.setUint16(4, length);
  bytes.set([ICMPV6, TTL], 6);
  bytes.set(packet.subarray(24, 40), 8);
  bytes.set(packet.subarray(8, 24), 24);
  bytes.set([PACKET_TOO_BIG], IPV6_HEADER);
  view.setUint32(IPV6_HEADER + 4, mtu);
  bytes.set(quoted, IPV6_HEADER + ICMP_HEADER);
  view.setUint16(IPV6_HEADER + 2, checksumOf(bytes, IPV6_HEADER, bytes.length, pseudoHeader(bytes, length)));
  return bytes;
}

/** Returns the sum of the pseudo header, which the checksum includes: addresses, length, protocol. */
function pseudoHeader(bytes: Uint8Array, length: number): number {
  return (~checksumOf(bytes, 8, IPV6_HEADER) & 0xffff) + length + ICMPV6;
}
