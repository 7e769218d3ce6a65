#include "batch.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

/* One wake reads no more than this, so that a flood of packets starves no other handle of the event loop. */
#define BATCH_PACKETS_MAX 64u

#define ALIGNMENT 8u

static size_t aligned(size_t offset) {
  return (offset + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static bool has_room(struct batch_room room, uint32_t count, size_t offset) {
  if (count >= BATCH_PACKETS_MAX || 2 * ((size_t)count + 1) > room.index_length) return false;
  return offset <= room.arena_length && room.arena_length - offset >= PACKET_MAX;
}

static ssize_t read_packet(int fd, uint8_t *to) {
  ssize_t length;
  do length = read(fd, to, PACKET_MAX);
  while (length < 0 && errno == EINTR);
  return length;
}

struct batch batch_read(int fd, struct batch_room room) {
  struct batch batch = {0, 0};
  for (size_t offset = 0; has_room(room, batch.count, offset); batch.count++) {
    ssize_t length = read_packet(fd, room.arena + offset);
    if (length < 0 && errno != EAGAIN) batch.error = errno;
    if (length <= 0) break;
    room.index[2 * batch.count] = (uint32_t)offset;
    room.index[2 * batch.count + 1] = (uint32_t)length;
    offset = aligned(offset + (size_t)length);
  }
  return batch;
}
