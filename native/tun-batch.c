/*
 * Inbound from the TUN device: reads packets, splits super-packets, and combines packets of one flow into trains.
 * Called by tun.c once per read cycle, on the thread of the event loop; tun.c hands the index to JavaScript.
 *
 *  1. read_device: one packet or super-packet, behind a virtio_net_hdr, into the scratch memory.
 *  2. split (split.c): complete packets with checksums into the arena, at a multiple of ALIGNMENT,
 *     with TUN_HEADROOM free bytes before each.
 *  3. enter: a new entry of the index, or one more segment of the train before it.
 */
#include "tun-batch.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "split.h"
#include "clock.h"

/* Bytes of the arena after which a batch ends; the last super-packet may exceed it. */
#define BYTES_MAX (256u << 10)

/* Reads per check of the thread's CPU clock. Each check costs a system call. */
#define READS_PER_CLOCK 4u

#define ALIGNMENT 8u

static size_t aligned(size_t offset) {
  return (offset + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

/* Returns the offset of the packet after one that ends at `end`. */
static size_t after(size_t end) {
  return aligned(end) + TUN_HEADROOM;
}

/* Reads once. Without IFF_VNET_HDR the kernel writes no header, and the place of the header is not changed. */
static ssize_t read_device(const struct tun_device *device, uint8_t *to) {
  size_t before = device->has_header ? 0 : sizeof(struct virtio_net_hdr);
  ssize_t length;
  do length = read(device->fd, to + before, TUN_SCRATCH - before);
  while (length < 0 && errno == EINTR);
  return length < 0 ? length : length + (ssize_t)before;
}

/*
 * Whether two packets belong to one flow: all header fields that a rule may look at are equal. IPv4: type of service, flags,
 * fragment offset, TTL, protocol, addresses. IPv6: all fields but the length and the last 16 bits of the flow label. Both: the
 * 4 bytes after the IP header, which are the ports of TCP and UDP.
 */
static bool same_flow(const uint8_t *left, const uint8_t *right, size_t length) {
  if (left[0] != right[0] || left[1] != right[1]) return false;
  if (left[0] == 0x45 && length >= IPV4_HEADER + 4) {
    return memcmp(left + 6, right + 6, 4) == 0 && memcmp(left + 12, right + 12, 12) == 0;
  }
  return left[0] >> 4 == 6 && length >= IPV6_HEADER + 4 && memcmp(left + 6, right + 6, IPV6_HEADER - 6 + 4) == 0;
}

/*
 * Whether a packet extends the train before it: it is a single packet of the same flow, not longer than the first packet of the
 * train, and begins at the next stride; and the train has no shorter packet yet.
 */
static bool extends_train(const struct tun_batch_room *room, const uint32_t *entry, size_t offset,
                          const struct segments *segments) {
  if (segments->count != 1 || entry[3] >= room->train_max) return false;
  if (entry[4] != entry[1] || segments->length > entry[1]) return false;
  if (entry[3] > 1 && entry[2] != after(entry[1])) return false;
  if (entry[0] + entry[3] * after(entry[1]) != offset) return false;
  return same_flow(room->arena + entry[0], room->arena + offset, segments->length);
}

/*
 * Adds packets to the index. When a single packet extends the train before it, the stride becomes the distance of its
 * first two packets.
 */
static void enter(const struct tun_batch_room *room, struct tun_batch *batch, size_t offset, const struct segments *segments) {
  uint32_t *entry = room->index + TUN_INDEX_WORDS * batch->count;
  if (batch->count > 0 && extends_train(room, entry - TUN_INDEX_WORDS, offset, segments)) {
    entry -= TUN_INDEX_WORDS;
    entry[2] = (uint32_t)after(entry[1]);
    entry[3]++;
    entry[4] = (uint32_t)segments->length;
    return;
  }
  const uint32_t words[TUN_INDEX_WORDS] = {(uint32_t)offset, (uint32_t)segments->length, (uint32_t)segments->stride,
                                           (uint32_t)segments->count, (uint32_t)segments->last_length};
  memcpy(entry, words, sizeof words);
  batch->count++;
}

/*
 * Splits the result of one read into packets in the arena, and adds them to the index. Returns the offset in the arena for the
 * next read.
 */
static size_t take(const struct tun_batch_room *room, struct tun_batch *batch, size_t offset, size_t length) {
  struct virtio_net_hdr vnet;
  struct segments segments;
  memcpy(&vnet, room->scratch, sizeof vnet);
  enum split_result result = split(&vnet, room->scratch + sizeof vnet, length - sizeof vnet, room->arena + offset,
                                   room->arena_length - offset, TUN_HEADROOM, &segments);
  if (result != SPLIT_DONE) {
    batch->unfit++;
    return offset;
  }
  enter(room, batch, offset, &segments);
  return after(offset + segments.last_at + segments.last_length);
}

static bool has_room(const struct tun_batch_room *room, const struct tun_batch *batch, size_t offset) {
  if (batch->count >= room->trains_max) return false;
  return offset < BYTES_MAX && offset <= room->arena_length && room->arena_length - offset >= TUN_ARENA_MIN;
}

struct tun_batch tun_batch_read(const struct tun_device *device, const struct tun_batch_room *room,
                                uint32_t reads_max, int64_t until) {
  struct tun_batch batch = {0};
  size_t offset = TUN_HEADROOM;
  if (!device->has_header) memset(room->scratch, 0, sizeof(struct virtio_net_hdr));
  for (size_t reads = 0; reads < reads_max && has_room(room, &batch, offset); reads++) {
    ssize_t length = read_device(device, room->scratch);
    if (length < 0 && errno != EAGAIN) batch.error = errno;
    if (length <= 0) break;
    if ((size_t)length <= sizeof(struct virtio_net_hdr)) batch.unfit++;
    else offset = take(room, &batch, offset, (size_t)length);
    if (reads % READS_PER_CLOCK == READS_PER_CLOCK - 1 && thread_clock_ns() >= until) break;
  }
  return batch;
}
