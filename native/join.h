#ifndef MOSAIC_JOIN_H
#define MOSAIC_JOIN_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ip.h"
#include "segments.h"

/* Greatest length of the headers: IPv6 without extension headers, and the longest TCP header. IPv4 is shorter. */
#define JOIN_HEADER_MAX (IPV6_HEADER + TCP_HEADER_MAX)

/* Greatest number of packets in a super-packet. The kernel accepts no more than 64 of UDP. */
#define JOIN_TCP_MAX 512u
#define JOIN_UDP_MAX 64u

/* Protocols of which the device accepts super-packets. */
struct join_rules {
  bool tcp;
  bool udp;
};

/* A super-packet: headers for the kernel, followed by the payloads of `count` packets. */
struct joined {
  /* Number of packets. When it is 1 the packet is not joined, and no other field is set. */
  size_t count;
  struct virtio_net_hdr vnet;
  uint8_t header[JOIN_HEADER_MAX];
  /* Length of `header`, and offset of the payload in each packet. */
  size_t payload_at;
};

/*
 * Joins packets from `first` on, as long as they belong to one flow and could be the segments of one super-packet. A packet
 * with a wrong checksum is not joined: the kernel writes new checksums, so its damage would be hidden.
 */
void join(const uint8_t *bytes, const struct segments *segments, size_t first, struct join_rules rules, struct joined *joined);

#endif
