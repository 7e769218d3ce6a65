#ifndef MOSAIC_JOIN_H
#define MOSAIC_JOIN_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ip.h"
#include "segments.h"

/* IPv4 or IPv6 without extensions, and the longest TCP header. */
#define JOIN_HEADER_MAX (IPV6_HEADER + TCP_HEADER_MAX)

/* How many packets one super-packet has at most: of UDP the kernel takes no more. */
#define JOIN_TCP_MAX 512u
#define JOIN_UDP_MAX 64u

/* What the device takes. */
struct join_rules {
  bool tcp;
  bool udp;
};

/* Packets that the kernel can be given as one: the headers for it, and where each payload begins within its row. */
struct joined {
  /* How many rows; 1 when the first stays alone, and then nothing else is set. */
  size_t count;
  struct virtio_net_hdr vnet;
  uint8_t header[JOIN_HEADER_MAX];
  size_t payload_at;
};

/*
 * How many segments from `first` on are consecutive packets of one flow that the kernel would itself have cut from one. Right
 * checksums are part of it, for the kernel will write new ones: a damaged packet stays alone and damaged.
 */
void join(const uint8_t *bytes, const struct segments *segments, size_t first, struct join_rules rules, struct joined *joined);

#endif
