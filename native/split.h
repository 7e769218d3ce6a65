#ifndef MOSAIC_SPLIT_H
#define MOSAIC_SPLIT_H

#include <linux/virtio_net.h>
#include <stddef.h>
#include <stdint.h>

#include "segments.h"

enum split_result {
  SPLIT_DONE,
  /* The header in front and the packet do not fit each other. */
  SPLIT_MALFORMED,
  /* It is sound, and `room` is too little for it. */
  SPLIT_NO_ROOM,
};

/*
 * Writes the whole packets that the kernel would have made of what it put into one read of a TUN device: each with its
 * headers and a right checksum, one behind the other. `vnet` is what stood in front of `packet`.
 */
enum split_result split(const struct virtio_net_hdr *vnet, const uint8_t *packet, size_t length, uint8_t *to, size_t room,
                        struct segments *segments);

#endif
