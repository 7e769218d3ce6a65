#ifndef MOSAIC_SPLIT_H
#define MOSAIC_SPLIT_H

#include <linux/virtio_net.h>
#include <stddef.h>
#include <stdint.h>

#include "segments.h"

enum split_result {
  SPLIT_DONE,
  /* The virtio_net_hdr and the packet contradict each other. */
  SPLIT_MALFORMED,
  /* The packets need more than `room` bytes. */
  SPLIT_NO_ROOM,
};

/*
 * Splits a super-packet into the packets that the kernel would have sent, each with headers and a right checksum, one after the
 * other with `gap` free bytes between them. `packet` is the result of one read of a TUN device, and `vnet` is the header before
 * it. A packet that needs no splitting is copied, with its checksum completed. `segments` is set when the result is SPLIT_DONE.
 */
enum split_result split(const struct virtio_net_hdr *vnet, const uint8_t *packet, size_t length, uint8_t *to, size_t room,
                        size_t gap, struct segments *segments);

#endif
