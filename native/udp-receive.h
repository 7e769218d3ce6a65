#ifndef MOSAIC_UDP_RECEIVE_H
#define MOSAIC_UDP_RECEIVE_H

#include "udp-socket.h"

/* What one datagram, or many that the kernel joined, can need. */
#define UDP_SLOT 65536u

/*
 * Of the index, for each train: where it begins, the length of its segments, their stride, their number, where the last is
 * counted from the first, its length; then the sender's socket address; then with how many bytes all segments of full length
 * begin alike, as far as anybody may want to know.
 */
#define UDP_INDEX_WORDS 14u
#define UDP_INDEX_COUNT 3
#define UDP_INDEX_ADDRESS 6

/* Memory of JavaScript: slots for datagrams, and an index of as many trains. */
struct udp_room {
  uint8_t *arena;
  size_t slots;
  uint32_t *index;
  /* How many datagrams may be joined here, where the kernel has not done it. */
  uint32_t train_max;
};

struct udp_received {
  uint32_t count;
  /* What the kernel had to say besides; 0 for nothing. */
  int error;
};

/*
 * Fills so many slots with what has come, or fewer, when that takes the thread until `until`; datagrams of one length and
 * sender are a train.
 */
struct udp_received udp_receive(int fd, const struct udp_room *room, size_t slots_max, int64_t until);

#endif
