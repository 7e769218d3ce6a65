#ifndef MOSAIC_UDP_RECEIVE_H
#define MOSAIC_UDP_RECEIVE_H

#include "udp-socket.h"

/* Bytes of a slot: room for one datagram, or for all that GRO combined into one. */
#define UDP_SLOT 65536u

/*
 * Words of an index entry, one entry per train: offset of the train in the arena; length, stride, count, last_at and
 * last_length of its segments; 7 words for the sender's socket address; the length of the common prefix of all segments of full
 * length, which is counted up to the greatest length of overlay headers; the traffic class of all its datagrams; and their link,
 * 0 for datagrams outside of links. Datagrams of a link have been opened: the offset is that of the plain datagram.
 */
#define UDP_INDEX_WORDS 16u
#define UDP_INDEX_COUNT 3
#define UDP_INDEX_ADDRESS 6
#define UDP_INDEX_TRAFFIC_CLASS 14
#define UDP_INDEX_LINK 15

/*
 * Entries of the index of a socket beyond one per slot. A slot of sealed datagrams may need several: one that does not open ends
 * a train.
 */
#define UDP_SPARE 128u

/* Memory of JavaScript: an arena of slots, and an index with UDP_SPARE entries more. */
struct udp_room {
  uint8_t *arena;
  size_t slots;
  uint32_t *index;
  size_t entries;
  /* Greatest number of datagrams that are combined into one train here. GRO has its own limit. */
  uint32_t train_max;
};

/* Tables about the senders: sources of replies to them, and the sessions of links. Either may be NULL. */
struct udp_peers {
  struct reply_sources *sources;
  struct sessions *sessions;
};

struct udp_received {
  /* Number of trains in the index. */
  uint32_t count;
  /* A pending error of the socket, or 0. It does not end the reading. */
  int error;
};

/*
 * Receives until the socket is empty, `slots_max` slots are used, or the room is full. `until` is a time of the thread's CPU
 * clock in nanoseconds; receiving also ends at the first check after it. Consecutive datagrams of one length, sender and
 * traffic class become a train. With sessions each datagram is opened in place; those that do not open are dropped, and end a
 * train, and messages of the handshake are trains of one. Adds the destination of each datagram to the sources of replies, with
 * sessions only if a datagram has opened.
 */
struct udp_received udp_receive(int fd, const struct udp_room *room, size_t slots_max, int64_t until,
                                const struct udp_peers *peers);

#endif
