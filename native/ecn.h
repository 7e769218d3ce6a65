#ifndef MOSAIC_ECN_H
#define MOSAIC_ECN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Combines the ECN field of a datagram with the ECN field of the IP packet in it, as RFC 6040 prescribes for the end of a
 * tunnel, and writes the result to the packet. `packet` has a complete IPv4 or IPv6 header. `traffic_class` is the datagram's.
 * Returns false when the packet must be dropped: the datagram is marked CE, but the packet is Not-ECT.
 * runtime/ip/traffic-class.ts does the same for packets that pass through the rules.
 */
bool ecn_combine(uint8_t *packet, uint32_t traffic_class);

/* Returns the traffic class of a packet with a complete IPv4 or IPv6 header. */
uint8_t ip_traffic_class(const uint8_t *packet);

#endif
