/** DSCP of the datagrams between nodes: a value from 0 to 63, or a copy of the DSCP of the packet in the datagram. */
export type Dscp = number | "copy";

const ECN_MASK = 3;

/**
 * Returns the traffic class of a datagram with a packet of the traffic class `inner`, 0 for a datagram without a packet. The ECN field
 * is always copied (RFC 6040).
 */
export function outerTrafficClass(dscp: Dscp, inner: number): number {
  return dscp === "copy" ? inner : (dscp << 2) | (inner & ECN_MASK);
}
