import { checksumOf } from "../plan/values/checksum.ts";
import { withChecksums } from "../plan/values/packet-checksums.ts";
import { parseIp } from "../plan/values/ip-address.ts";
import { destinationText, readHeader, sourceText } from "../ip/ip-packet.ts";

export const TCP = 6;
export const UDP = 17;

/** IPv4 packet of a transport protocol. Addresses are dotted quads. */
export interface Ipv4Packet {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  /** Transport header and payload. */
  readonly body: Uint8Array;
}

const HEADER_BYTES = 20;
const ADDRESS_AT = 12;
const TTL = 64;
const DONT_FRAGMENT = 0x4000;
const PROTOCOLS: ReadonlySet<number> = new Set([TCP, UDP]);

/**
 * Returns the packet, with the checksums of both headers. TCP forbids fragments, because it adapts its segments. The caller guarantees that
 * `body` begins with a whole transport header.
 */
export function writeIpv4({ source, destination, protocol, body }: Ipv4Packet): Uint8Array {
  const packet = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 0x4500);
  view.setUint16(2, packet.length);
  if (protocol === TCP) view.setUint16(6, DONT_FRAGMENT);
  view.setUint16(8, (TTL << 8) | protocol);
  packet.set(parseIp(source) ?? [], ADDRESS_AT);
  packet.set(parseIp(destination) ?? [], ADDRESS_AT + 4);
  packet.set(body, HEADER_BYTES);
  const summed = withChecksums(packet);
  if (summed === undefined) throw new Error(`a segment of ${body.length} bytes has no header of protocol ${protocol}`);
  return summed;
}

/** Reads a TCP or UDP packet. Returns undefined for other packets, for fragments, and if a checksum is wrong. */
export function readIpv4(packet: Uint8Array): Ipv4Packet | undefined {
  const header = readHeader(packet);
  if (header === undefined || header.version !== 4 || header.isLaterFragment) return undefined;
  const { protocol, payloadAt, length } = header;
  if (!PROTOCOLS.has(protocol) || checksumOf(packet, 0, payloadAt) !== 0) return undefined;
  const body = packet.slice(payloadAt, length);
  const addresses = new Uint8Array(8 + body.length);
  addresses.set(packet.subarray(ADDRESS_AT, ADDRESS_AT + 8));
  addresses.set(body, 8);
  if (checksumOf(addresses, 0, addresses.length, protocol + body.length) !== 0) return undefined;
  return { source: sourceText(packet, header), destination: destinationText(packet, header), protocol, body };
}
