/** Straightforward construction of IP packets with checksums, as a reference for the faster code under test. */

export interface Parts {
  readonly version: 4 | 6;
  readonly protocol: number;
  readonly ttl: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** IPv4 options, in words of 4 bytes; IPv6 extension headers. */
  readonly between: Uint8Array;
  readonly payload: Uint8Array;
}

const CHECKSUM_AT: Readonly<Record<number, number>> = { 6: 16, 17: 6, 58: 2 };

/** Builds a packet with correct checksums. The last header in `between`, if any, must name `protocol`. */
export function packetOf(parts: Parts): Uint8Array {
  const packet = parts.version === 4 ? ipv4(parts) : ipv6(parts);
  return withChecksums(packet, parts);
}

/** Computes all checksums of a packet of these parts anew. A UDP checksum of 0 stays 0. */
function withChecksums(packet: Uint8Array, parts: Parts): Uint8Array {
  const sealed = packet.slice();
  if (parts.version === 4) seal(sealed, 10, sealed.subarray(0, 20 + parts.between.length));
  const payloadAt = sealed.length - parts.payload.length;
  const at = CHECKSUM_AT[parts.protocol];
  if (at === undefined || at + 2 > parts.payload.length) return sealed;
  if (parts.protocol === 17 && sealed[payloadAt + at] === 0 && sealed[payloadAt + at + 1] === 0) return sealed;
  sealed.fill(0, payloadAt + at, payloadAt + at + 2);
  const sum = checksum([
    ...parts.source,
    ...parts.destination,
    ...lengthAndProtocol(parts),
    ...sealed.slice(payloadAt),
  ]);
  put(sealed, payloadAt + at, parts.protocol === 17 && sum === 0 ? 0xffff : sum);
  return sealed;
}

/** Internet checksum of RFC 1071, byte by byte. */
function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (const [at, byte] of bytes.entries()) sum += at % 2 === 0 ? byte * 256 : byte;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}

function ipv4(parts: Parts): Uint8Array {
  const headerLength = 20 + parts.between.length;
  const length = headerLength + parts.payload.length;
  const fixed = [
    0x40 | (headerLength / 4),
    0,
    length >> 8,
    length & 0xff,
    7,
    7,
    0x40,
    0,
    parts.ttl,
    parts.protocol,
    0,
    0,
  ];
  return Uint8Array.from([...fixed, ...parts.source, ...parts.destination, ...parts.between, ...parts.payload]);
}

function ipv6(parts: Parts): Uint8Array {
  const length = parts.between.length + parts.payload.length;
  const next = parts.between.length > 0 ? 60 : parts.protocol;
  const fixed = [0x60, 0, 0, 0, length >> 8, length & 0xff, next, parts.ttl];
  return Uint8Array.from([...fixed, ...parts.source, ...parts.destination, ...parts.between, ...parts.payload]);
}

function lengthAndProtocol(parts: Parts): readonly number[] {
  const length = parts.payload.length;
  return [0, 0, length >> 8, length & 0xff, 0, 0, 0, parts.protocol];
}

function seal(packet: Uint8Array, at: number, header: Uint8Array): void {
  packet.fill(0, at, at + 2);
  put(packet, at, checksum([...header]));
}

function put(packet: Uint8Array, at: number, value: number): void {
  packet[at] = value >> 8;
  packet[at + 1] = value & 0xff;
}
