import { checksumOf } from "../plan/values/checksum.ts";
import { destinationText, readHeader, sourceText } from "../ip/ip-packet.ts";
import { parseIp } from "../plan/values/ip-address.ts";

/** An ICMP echo request or reply over IPv4. */
export interface Echo {
  readonly kind: "request" | "reply";
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  /** 16 bits. */
  readonly identifier: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

const IP_HEADER_BYTES = 20;
const ICMP_HEADER_BYTES = 8;
const TTL = 64;
const ICMP = 1;
const TYPE = { request: 8, reply: 0 } as const;

/** Returns the packet of an echo, with its checksums. Both addresses must be IPv4. */
export function writeEcho(echo: Echo): Uint8Array {
  const length = IP_HEADER_BYTES + ICMP_HEADER_BYTES + echo.payload.length;
  const packet = new Uint8Array(length);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 0x4500);
  view.setUint16(2, length);
  view.setUint16(8, (TTL << 8) | ICMP);
  packet.set(parseIp(echo.source) ?? [], 12);
  packet.set(parseIp(echo.destination) ?? [], 16);
  view.setUint16(10, checksumOf(packet, 0, IP_HEADER_BYTES));
  packet[IP_HEADER_BYTES] = TYPE[echo.kind];
  view.setUint16(IP_HEADER_BYTES + 4, echo.identifier);
  view.setUint16(IP_HEADER_BYTES + 6, echo.sequence);
  packet.set(echo.payload, IP_HEADER_BYTES + ICMP_HEADER_BYTES);
  view.setUint16(IP_HEADER_BYTES + 2, checksumOf(packet, IP_HEADER_BYTES, length));
  return packet;
}

/** Reads the echo in a packet. Returns undefined for other packets, and if a checksum is wrong. */
export function readEcho(packet: Uint8Array): Echo | undefined {
  const header = readHeader(packet);
  if (header === undefined || header.version !== 4 || header.protocol !== ICMP || header.isLaterFragment)
    return undefined;
  const message = packet.subarray(header.payloadAt, header.length);
  if (message.length < ICMP_HEADER_BYTES) return undefined;
  if (checksumOf(packet, 0, header.payloadAt) !== 0 || checksumOf(message, 0, message.length) !== 0) return undefined;
  const kind = message[0] === TYPE.request ? "request" : message[0] === TYPE.reply ? "reply" : undefined;
  if (kind === undefined || message[1] !== 0) return undefined;
  return {
    kind,
    source: sourceText(packet, header),
    destination: destinationText(packet, header),
    identifier: word(message, 4),
    sequence: word(message, 6),
    payload: message.slice(ICMP_HEADER_BYTES),
  };
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
