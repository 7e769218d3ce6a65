/** DSCP of the datagrams between nodes: a value from 0 to 63, or a copy of the DSCP of the packet in the datagram. */
export type Dscp = number | "copy";

const ECN_MASK = 3;

/**
 * Returns the traffic class of a datagram. `inner` is the traffic class of the packet in the datagram, or 0 if there is no packet. The ECN
 * field of `inner` is always copied (RFC 6040).
 */
export function outerTrafficClass(dscp: Dscp, inner: number): number {
  return dscp === "copy" ? inner : (dscp << 2) | (inner & ECN_MASK);
}
