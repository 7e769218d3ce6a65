#ifndef MOSAIC_TUN_BATCH_H
#define MOSAIC_TUN_BATCH_H

#include <linux/virtio_net.h>
#include <stddef.h>
#include <stdint.h>

#include "ip.h"
#include "tun-device.h"

/* What one read of the device can need. */
#define TUN_SCRATCH (sizeof(struct virtio_net_hdr) + PACKET_MAX)

/* A super-packet may become longer when it is cut; with less room nothing is read. */
#define TUN_ARENA_MIN (2 * PACKET_MAX)

/* Of the index, for each train: where it begins, the length of its rows, their stride, their number, the last's length. */
#define TUN_INDEX_WORDS 5u
#define TUN_INDEX_COUNT 3u

/*
 * Where a batch of packets is put: one arena of bytes, an index into it, and memory for one read. All belong to
 * JavaScript, which reads them during the call that follows a batch and never moves them.
 */
struct tun_batch_room {
  uint8_t *arena;
  size_t arena_length;
  uint32_t *index;
  size_t trains_max;
  uint8_t *scratch;
  /* How many packets may travel as one train; a super-packet does so in any case. */
  uint32_t train_max;
};

struct tun_batch {
  uint32_t count;
  /* Reads that were no packet, or one that no arena has room for. */
  uint32_t unfit;
  /* The errno that ended the batch; 0 when the descriptor was empty or the room was full. */
  int error;
};

/*
 * Fills the room by so many reads, or fewer, when that takes the thread until `until`. A super-packet becomes a train of
 * whole packets, and so do packets of one flow and one length that follow each other.
 */
struct tun_batch tun_batch_read(const struct tun_device *device, const struct tun_batch_room *room,
                                uint32_t reads_max, int64_t until);

#endif
