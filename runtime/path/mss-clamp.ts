/**
 * MSS clamping: NetworkOut reduces the maximum segment size option of TCP SYN packets from the device, so that the segments of the
 * connection fit the path through the overlay.
 */
import { amendChecksum, checksumChange } from "../plan/values/checksum.ts";
import { readHeader } from "../ip/ip-packet.ts";

const TCP = 6;
const TCP_HEADER = 20;
const LENGTH_AT = 12;
const FLAGS_AT = 13;
const CHECKSUM_AT = 16;
const SYN = 0x02;
const RST = 0x04;

const END = 0;
const NO_OPERATION = 1;
const MSS_OPTION = 2;

/** Lengths of the IP header and TCP header without options. */
const IPV4_HEADERS = 40;
const IPV6_HEADERS = 60;

/** MSS that a sender assumes if there is no option (RFC 9293, 3.7.1). */
const DEFAULT_MSS = 536;

/** Returns whether a packet looks like a TCP SYN. A cheap test at fixed positions; `clampMss` parses the headers. */
export function isTcpSyn(packet: Uint8Array): boolean {
  const version = (packet[0] as number) >> 4;
  if (version === 4) {
    const flags = packet[((packet[0] as number) & 15) * 4 + FLAGS_AT];
    return packet[9] === TCP && flags !== undefined && (flags & SYN) !== 0;
  }
  const flags = packet[IPV6_HEADERS - TCP_HEADER + FLAGS_AT];
  return version === 6 && packet[6] === TCP && flags !== undefined && (flags & SYN) !== 0;
}

/**
 * Returns a copy of a SYN packet whose MSS option is reduced to fit packets of `mtu` bytes. Returns the packet itself if the option is
 * small enough or missing.
 */
export function clampMss(packet: Uint8Array, mtu: number): Uint8Array {
  const at = mssOptionAt(packet);
  if (at === undefined) return packet;
  const headers = (packet[0] as number) >> 4 === 4 ? IPV4_HEADERS : IPV6_HEADERS;
  const mss = Math.max(DEFAULT_MSS, mtu - headers);
  if ((((packet[at] as number) << 8) | (packet[at + 1] as number)) <= mss) return packet;
  const changed = new Uint8Array(packet);
  changed[at] = mss >> 8;
  changed[at + 1] = mss & 0xff;
  return withChecksum(packet, changed, at);
}

/** Updates the TCP checksum. The option may lie at an odd offset, and then touches two words of the checksum. */
function withChecksum(before: Uint8Array, after: Uint8Array, at: number): Uint8Array {
  const start = readHeader(before)?.payloadAt ?? 0;
  const first = at - ((at - start) % 2);
  amendChecksum(
    after,
    start + CHECKSUM_AT,
    checksumChange(before, after, first, first + ((at - start) % 2 === 0 ? 2 : 4)),
  );
  return after;
}

/** Returns the position of the MSS in a packet, or undefined if the packet is no SYN or has no MSS option. */
function mssOptionAt(packet: Uint8Array): number | undefined {
  const header = readHeader(packet);
  if (header === undefined || header.protocol !== TCP || header.isLaterFragment) return undefined;
  const { payloadAt, length } = header;
  if (payloadAt + TCP_HEADER > length) return undefined;
  const flags = packet[payloadAt + FLAGS_AT] as number;
  if ((flags & SYN) === 0 || (flags & RST) !== 0) return undefined;
  const end = Math.min(length, payloadAt + ((packet[payloadAt + LENGTH_AT] as number) >> 4) * 4);
  return optionAt(packet, payloadAt + TCP_HEADER, end);
}

function optionAt(packet: Uint8Array, start: number, end: number): number | undefined {
  for (let at = start; at < end; ) {
    const kind = packet[at] as number;
    if (kind === END) return undefined;
    const length = kind === NO_OPERATION ? 1 : at + 1 < end ? (packet[at + 1] as number) : 0;
    if (length < (kind === NO_OPERATION ? 1 : 2) || at + length > end) return undefined;
    if (kind === MSS_OPTION) return length === 4 ? at + 2 : undefined;
    at += length;
  }
  return undefined;
}
