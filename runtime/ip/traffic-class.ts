/**
 * The traffic class of IP packets: one byte, the DSCP (6 bits) and the ECN field (2 bits). IPv4 calls it type of service. At the start of
 * a tunnel the ECN field of a packet is copied to its datagram; at the end both are combined (RFC 6040). native/ecn.c does the same
 * for packets that the flow cache forwards.
 */
import { amendChecksum } from "../plan/values/checksum.ts";

/** Values of the ECN field (RFC 3168): not capable, capable (two values), congestion experienced. */
export const NOT_ECT = 0;
export const ECT_1 = 1;
export const ECT_0 = 2;
export const CE = 3;

const ECN_MASK = 3;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const IPV4_CHECKSUM_AT = 10;

/** Returns the traffic class of the packet that lies at `at`. 0 if the first byte is not of IPv4 or IPv6. */
export function trafficClassAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  if (first >> 4 === 4) return second;
  return first >> 4 === 6 ? ((first & 15) << 4) | (second >> 4) : 0;
}

/** Returns the ECN field of a traffic class. */
export function ecnOf(trafficClass: number): number {
  return trafficClass & ECN_MASK;
}

/** Returns whether a datagram that arrives with this ECN field leaves the packets in it unchanged at the end of a tunnel. */
export function leavesPackets(outer: number): boolean {
  return outer === NOT_ECT || outer === ECT_0;
}

/**
 * Combines the ECN field of the packet between `at` and `end` with the ECN field of its datagram, `outer`, by the table of RFC 6040 (4.2),
 * and writes the result to the packet. Returns false if the packet must be dropped: the datagram is marked CE, but the packet is Not-ECT.
 * Bytes that are no IP packet are not changed.
 */
export function combineEcn(bytes: Uint8Array, at: number, end: number, outer: number): boolean {
  const version = (bytes[at] ?? 0) >> 4;
  if (end - at < (version === 4 ? IPV4_HEADER : IPV6_HEADER) || (version !== 4 && version !== 6)) return true;
  const inner = ecnOf(trafficClassAt(bytes, at));
  if (inner === NOT_ECT) return outer !== CE;
  if ((outer === CE && inner !== CE) || (outer === ECT_1 && inner === ECT_0)) writeEcn(bytes, at, version, outer);
  return true;
}

function writeEcn(bytes: Uint8Array, at: number, version: number, ecn: number): void {
  const before = bytes[at + 1] as number;
  if (version === 6) {
    bytes[at + 1] = (before & ~(ECN_MASK << 4)) | (ecn << 4);
    return;
  }
  const after = (before & ~ECN_MASK) | ecn;
  bytes[at + 1] = after;
  // Only the low byte of the word changes: ~m + m' is 0xffff plus the difference (RFC 1624).
  amendChecksum(bytes, at + IPV4_CHECKSUM_AT, 0xffff + after - before);
}
