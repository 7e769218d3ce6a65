#ifndef MOSAIC_TUN_BATCH_H
#define MOSAIC_TUN_BATCH_H

#include <linux/virtio_net.h>
#include <stddef.h>
#include <stdint.h>

#include "ip.h"
#include "tun-device.h"

/* Bytes that one read of the device can fill. */
#define TUN_SCRATCH (sizeof(struct virtio_net_hdr) + PACKET_MAX)

/*
 * Free bytes that a read requires: splitting a super-packet repeats its headers, so its packets together are longer than the
 * super-packet.
 */
#define TUN_ARENA_MIN (2 * PACKET_MAX)

/* Free bytes before each packet in the arena, for bytes that rules put before it. */
#define TUN_HEADROOM 32u

/* Words of an index entry: offset of the train in the arena, then length, stride, count and last_length of its segments. */
#define TUN_INDEX_WORDS 5u
#define TUN_INDEX_COUNT 3u

/*
 * Memory for one batch: an arena for the packets, an index with an entry per train, and scratch memory of TUN_SCRATCH bytes
 * for one read. All three belong to JavaScript, which uses them only during the call that follows a batch.
 */
struct tun_batch_room {
  uint8_t *arena;
  size_t arena_length;
  uint32_t *index;
  size_t trains_max;
  uint8_t *scratch;
  /* Greatest number of single packets that are combined into one train. The packets of a super-packet are always one train. */
  uint32_t train_max;
};

struct tun_batch {
  /* Number of trains in the index. */
  uint32_t count;
  /* Number of reads that gave no packet, or a super-packet that split() refused. */
  uint32_t unfit;
  /* The errno that ended the batch; 0 when the descriptor was empty or the room was full. */
  int error;
};

/*
 * Reads packets until the device is empty, the room is full, or `reads_max` reads have been made. `until` is a time of the
 * thread's CPU clock in nanoseconds; the batch also ends at the first check after it. A super-packet becomes a train of
 * complete packets. Consecutive packets of one flow and one length also become a train, whose last packet may be shorter.
 */
struct tun_batch tun_batch_read(const struct tun_device *device, const struct tun_batch_room *room,
                                uint32_t reads_max, int64_t until);

#endif
