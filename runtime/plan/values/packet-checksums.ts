import { checksumOf } from "./checksum.ts";
import { findUpperLayer } from "./ipv6-extensions.ts";

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;

/** Position of the checksum in the transport header, by protocol number. */
const CHECKSUM_AT: ReadonlyMap<number, number> = new Map([
  [ICMP, 2],
  [TCP, 16],
  [UDP, 6],
  [ICMPV6, 2],
]);

const IPV4_LENGTH = 20;
const IPV6_LENGTH = 40;

/** Part of the packet that the transport checksum covers, besides the addresses. */
interface Transport {
  readonly protocol: number;
  readonly at: number;
  readonly end: number;
  /** Range of the two addresses. */
  readonly addresses: readonly [start: number, end: number];
}

/**
 * Returns a copy of an IPv4 or IPv6 packet with correct checksums of the IPv4 header, and of TCP, UDP, ICMP or ICMPv6. A fragment gets
 * only the checksum of the IPv4 header. Undefined if the headers do not fit the bytes, or a source route has hops left.
 */
export function withChecksums(packet: Uint8Array): Uint8Array | undefined {
  const version = (packet[0] ?? 0) >> 4;
  const bytes = Uint8Array.from(packet);
  if (version === 4 && bytes.length >= IPV4_LENGTH) return sumIpv4(bytes);
  return version === 6 && bytes.length >= IPV6_LENGTH ? sumIpv6(bytes) : undefined;
}

function sumIpv4(bytes: Uint8Array): Uint8Array | undefined {
  const headerEnd = ((bytes[0] as number) & 0xf) * 4;
  const end = word(bytes, 2);
  if (headerEnd < IPV4_LENGTH || end < headerEnd || end > bytes.length || hasSourceRoute(bytes, headerEnd))
    return undefined;
  put(bytes, 10, 0);
  put(bytes, 10, checksumOf(bytes, 0, headerEnd));
  const isFragment = (word(bytes, 6) & 0x3fff) !== 0;
  const protocol = bytes[9] as number;
  if (isFragment || protocol === ICMPV6) return bytes;
  return sumTransport(bytes, { protocol, at: headerEnd, end, addresses: [12, 20] });
}

function sumIpv6(bytes: Uint8Array): Uint8Array | undefined {
  const end = IPV6_LENGTH + word(bytes, 4);
  const upper = end > bytes.length ? undefined : findUpperLayer(bytes, end);
  if (upper === undefined || upper.isSourceRouted) return undefined;
  const { protocol, payloadAt, isFragment } = upper;
  if (protocol === ICMP || isFragment) return bytes;
  return sumTransport(bytes, { protocol, at: payloadAt, end, addresses: [8, 40] });
}

function sumTransport(bytes: Uint8Array, { protocol, at, end, addresses }: Transport): Uint8Array | undefined {
  const offset = CHECKSUM_AT.get(protocol);
  if (offset === undefined) return bytes;
  if (at + offset + 2 > end) return undefined;
  put(bytes, at + offset, 0);
  const pseudo = protocol === ICMP ? 0 : sumOf(bytes, addresses) + protocol + (end - at);
  const checksum = checksumOf(bytes, at, end, pseudo);
  put(bytes, at + offset, protocol === UDP && checksum === 0 ? 0xffff : checksum);
  return bytes;
}

function sumOf(bytes: Uint8Array, [start, end]: readonly [number, number]): number {
  let sum = 0;
  for (let at = start; at < end; at += 2) sum += word(bytes, at);
  return sum;
}

const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;

/**
 * Whether the IPv4 options hold a source route. The transport checksum then covers the last hop of the route instead of the destination
 * in the header.
 */
function hasSourceRoute(bytes: Uint8Array, end: number): boolean {
  for (let at = IPV4_LENGTH; at < end; ) {
    const option = bytes[at] as number;
    if (option === 0) return false;
    if (option === LOOSE_SOURCE_ROUTE || option === STRICT_SOURCE_ROUTE) return true;
    at += option === 1 ? 1 : Math.max(2, bytes[at + 1] ?? 0);
  }
  return false;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function put(bytes: Uint8Array, at: number, checksum: number): void {
  bytes[at] = checksum >> 8;
  bytes[at + 1] = checksum & 0xff;
}
