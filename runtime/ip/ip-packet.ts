/**
 * Headers of IPv4 and IPv6 packets. Tun::Rx reads them to give a packet's addresses, protocol and TTL to the rules; Tun::Tx rewrites a
 * header when rules have changed one of its fields. Packets may be malformed in any way.
 */
import { amendChecksum, amendUdpChecksum, checksumChange } from "../plan/values/checksum.ts";
import { formatIpv4, formatIpv6, parseIp } from "../plan/values/ip-address.ts";
import { findUpperLayer, type UpperLayer } from "../plan/values/ipv6-extensions.ts";

/** Decoded headers of an IP packet. All positions and lengths lie within the packet. */
export interface IpHeader extends UpperLayer {
  readonly version: 4 | 6;
  /** Length of the packet. The buffer may be longer. */
  readonly length: number;
  /** Time to live, or hop limit. */
  readonly ttl: number;
}

/** New values for header fields. Addresses are numeric and must be of the packet's version. */
export interface HeaderChanges {
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: number;
  readonly ttl?: number;
}

const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;

/** Position of the checksum in the transport header, by protocol. Only protocols whose checksum covers the IP addresses are listed. */
const CHECKSUM_AT: ReadonlyMap<number, number> = new Map([
  [TCP, 16],
  [UDP, 6],
  [ICMPV6, 2],
]);

/**
 * Positions of fields in the fixed headers. The destination follows the source. The value of the length field is the length of the packet
 * less `uncounted` bytes.
 */
const LAYOUT = {
  4: { minimum: 20, lengthAt: 2, uncounted: 0, ttlAt: 8, sourceAt: 12, addressLength: 4, checksumAt: 10 },
  6: { minimum: 40, lengthAt: 4, uncounted: 40, ttlAt: 7, sourceAt: 8, addressLength: 16, checksumAt: undefined },
} as const;

const IPV4_PROTOCOL_AT = 9;
const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;

const TEXTS_MAX = 65_536;
const ipv4Texts: Map<number, string> = new Map();
const ipv6Texts: Map<string, string> = new Map();

/** Decodes the headers of an IPv4 or IPv6 packet. Returns undefined if the headers exceed the buffer or contradict each other. */
export function readHeader(packet: Uint8Array): IpHeader | undefined {
  switch (byte(packet, 0) >> 4) {
    case 4:
      return packet.length < LAYOUT[4].minimum ? undefined : readIpv4(packet);
    case 6:
      return packet.length < LAYOUT[6].minimum ? undefined : readIpv6(packet);
    default:
      return undefined;
  }
}

/** Returns the packet length that the header at `at` declares. The caller guarantees a complete fixed header of IPv4 or IPv6. */
export function declaredLength(bytes: Uint8Array, at: number): number {
  const { lengthAt, uncounted } = LAYOUT[byte(bytes, at) >> 4 === 4 ? 4 : 6];
  return uncounted + short(bytes, at + lengthAt);
}

/** Returns the source address as text: `100.64.0.2`, or canonical IPv6. `header` must be the header of this packet. */
export function sourceText(packet: Uint8Array, header: IpHeader): string {
  return addressText(packet, LAYOUT[header.version].sourceAt, header.version);
}

/** Returns the destination address as text. `header` must be the header of this packet. */
export function destinationText(packet: Uint8Array, header: IpHeader): string {
  const { sourceAt, addressLength } = LAYOUT[header.version];
  return addressText(packet, sourceAt + addressLength, header.version);
}

/** Returns the bytes of the source address. `header` must be the header of this packet. */
export function sourceBytes(packet: Uint8Array, { version }: IpHeader): Uint8Array {
  const { sourceAt, addressLength } = LAYOUT[version];
  return packet.subarray(sourceAt, sourceAt + addressLength);
}

/** Returns the bytes of the destination address. `header` must be the header of this packet. */
export function destinationBytes(packet: Uint8Array, { version }: IpHeader): Uint8Array {
  const { sourceAt, addressLength } = LAYOUT[version];
  return packet.subarray(sourceAt + addressLength, sourceAt + 2 * addressLength);
}

/**
 * Returns the text of the address at `offset`, whose bytes the caller guarantees. Texts are cached, because a few addresses recur often.
 */
function addressText(packet: Uint8Array, offset: number, version: 4 | 6): string {
  if (version === 4) return cached(ipv4Texts, wide(packet, offset), () => formatIpv4(packet, offset));
  const key = Buffer.from(packet.buffer, packet.byteOffset + offset, 16).toString("latin1");
  return cached(ipv6Texts, key, () => formatIpv6(packet, offset));
}

/**
 * Returns a copy of a packet with new header values and matching checksums. Returns undefined if the packet is malformed, its transport
 * checksum is cut off, an address has the wrong version, or the destination of a source-routed packet would change.
 *
 * A new protocol number does not change the payload. If the old or the new protocol has a checksum that covers the addresses, this checksum
 * is updated. A change from one protocol with such a checksum to another is refused.
 */
export function rewriteHeader(packet: Uint8Array, changes: HeaderChanges): Uint8Array | undefined {
  const header = readHeader(packet);
  if (header === undefined || !inRange(changes)) return undefined;
  // Copies without `packet.slice`, because `slice` of a Buffer returns a view.
  const rewritten = new Uint8Array(packet.subarray(0, header.length));
  if (!putAddresses(rewritten, header, changes)) return undefined;
  if (changes.ttl !== undefined) rewritten[LAYOUT[header.version].ttlAt] = changes.ttl;
  if (changes.protocol !== undefined) rewritten[header.protocolAt] = changes.protocol;
  return updateChecksums(packet, rewritten, header, changes.protocol ?? header.protocol) ? rewritten : undefined;
}

function readIpv4(packet: Uint8Array): IpHeader | undefined {
  const payloadAt = (byte(packet, 0) & 0xf) * 4;
  const length = declaredLength(packet, 0);
  if (payloadAt < LAYOUT[4].minimum || length < payloadAt || length > packet.length) return undefined;
  return {
    version: 4,
    length,
    ttl: byte(packet, LAYOUT[4].ttlAt),
    protocol: byte(packet, IPV4_PROTOCOL_AT),
    protocolAt: IPV4_PROTOCOL_AT,
    payloadAt,
    isLaterFragment: (short(packet, 6) & 0x1fff) !== 0,
    isFragment: (short(packet, 6) & 0x3fff) !== 0,
    isSourceRouted: hasSourceRoute(packet, payloadAt),
  };
}

function readIpv6(packet: Uint8Array): IpHeader | undefined {
  const length = declaredLength(packet, 0);
  const upper = length > packet.length ? undefined : findUpperLayer(packet, length);
  return upper && { version: 6, length, ttl: byte(packet, LAYOUT[6].ttlAt), ...upper };
}

/**
 * Returns whether an IPv4 header has a source route. An option with an invalid length counts as a source route, because the options after
 * it cannot be read.
 */
function hasSourceRoute(packet: Uint8Array, end: number): boolean {
  for (let at = LAYOUT[4].minimum; at < end; ) {
    const option = byte(packet, at);
    if (option === 0) return false;
    if (option === LOOSE_SOURCE_ROUTE || option === STRICT_SOURCE_ROUTE) return true;
    const length = option === 1 ? 1 : byte(packet, at + 1);
    if (length < (option === 1 ? 1 : 2)) return true;
    at += length;
  }
  return false;
}

function inRange({ protocol = 0, ttl = 0 }: HeaderChanges): boolean {
  return [protocol, ttl].every((value) => Number.isInteger(value) && value >= 0 && value <= 255);
}

function putAddresses(packet: Uint8Array, header: IpHeader, changes: HeaderChanges): boolean {
  const { sourceAt, addressLength } = LAYOUT[header.version];
  if (changes.destination !== undefined && header.isSourceRouted) return false;
  return (
    putAddress(packet, sourceAt, addressLength, changes.source) &&
    putAddress(packet, sourceAt + addressLength, addressLength, changes.destination)
  );
}

function putAddress(packet: Uint8Array, at: number, length: number, text: string | undefined): boolean {
  if (text === undefined) return true;
  const bytes = parseIp(text);
  if (bytes?.length !== length) return false;
  packet.set(bytes, at);
  return true;
}

function updateChecksums(before: Uint8Array, after: Uint8Array, header: IpHeader, protocol: number): boolean {
  const { checksumAt, ttlAt, sourceAt, addressLength } = LAYOUT[header.version];
  const change = checksumChange(before, after, sourceAt, sourceAt + 2 * addressLength);
  if (checksumAt !== undefined) {
    amendChecksum(after, checksumAt, change + checksumChange(before, after, ttlAt, ttlAt + 2));
  }
  return updatePayloadChecksum(after, header, protocol, change);
}

function updatePayloadChecksum(packet: Uint8Array, header: IpHeader, protocol: number, change: number): boolean {
  const checksummed = [header.protocol, protocol].filter((candidate) => CHECKSUM_AT.has(candidate));
  const [first, second = first] = checksummed;
  if (first !== second) return false;
  if (first === undefined || header.isLaterFragment || change === 0) return true;
  const at = header.payloadAt + (CHECKSUM_AT.get(first) ?? 0);
  if (at + 2 > header.length) return false;
  if (first === UDP) amendUdpChecksum(packet, at, change);
  else amendChecksum(packet, at, change);
  return true;
}

function cached<Key>(texts: Map<Key, string>, key: Key, format: () => string): string {
  const found = texts.get(key);
  if (found !== undefined) return found;
  const text = format();
  if (texts.size >= TEXTS_MAX) texts.clear();
  texts.set(key, text);
  return text;
}

function byte(packet: Uint8Array, at: number): number {
  return packet[at] ?? 0;
}

function short(packet: Uint8Array, at: number): number {
  return (byte(packet, at) << 8) | byte(packet, at + 1);
}

function wide(packet: Uint8Array, at: number): number {
  return short(packet, at) * 65_536 + short(packet, at + 2);
}
