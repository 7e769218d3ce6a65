import { checksumOf } from "../plan/values/checksum.ts";
import { readHeader } from "../ip/ip-packet.ts";

/** ICMP "fragmentation needed" over IPv4 about a packet with ports. */
export interface TooBigMessage {
  /** Addresses of the packet that was too long, as dotted quads, and the port that it came from. */
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  /** Length in bytes of the longest packet that fits. */
  readonly mtu: number;
}

const ICMP = 1;
const IP_HEADER_BYTES = 20;
const ICMP_HEADER_BYTES = 8;
const UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
/** Bytes of a transport header that an ICMP message always quotes. */
const QUOTED_BYTES = 8;

/** Reads the message in a packet. Returns undefined for other packets, and if a checksum is wrong. */
export function readTooBig(packet: Uint8Array): TooBigMessage | undefined {
  const header = readHeader(packet);
  if (header === undefined || header.version !== 4 || header.protocol !== ICMP || header.isLaterFragment)
    return undefined;
  const message = packet.subarray(header.payloadAt, header.length);
  if (message[0] !== UNREACHABLE || message[1] !== FRAGMENTATION_NEEDED) return undefined;
  if (checksumOf(packet, 0, header.payloadAt) !== 0 || checksumOf(message, 0, message.length) !== 0) return undefined;
  const quoted = message.subarray(ICMP_HEADER_BYTES);
  // The quoted packet is cut, so its length is no bound.
  const payloadAt = ((quoted[0] ?? 0) & 15) * 4;
  if (payloadAt < IP_HEADER_BYTES || payloadAt + QUOTED_BYTES > quoted.length) return undefined;
  return {
    source: quoted.subarray(12, 16).join("."),
    destination: quoted.subarray(16, 20).join("."),
    port: word(quoted, payloadAt),
    mtu: word(message, ICMP_HEADER_BYTES - 2),
  };
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
