#ifndef MOSAIC_SHORTCUT_H
#define MOSAIC_SHORTCUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rows.h"
#include "tun-device.h"
#include "udp-socket.h"

/* Ways that are remembered in each direction. A power of two. */
#define SHORTCUT_SLOTS 64u

/* What is said between JavaScript and C, a word each; what a lesson and what was learnt are is said by number, from 1. */
enum shortcut_word { SHORTCUT_EPOCH, SHORTCUT_BLOCKED, SHORTCUT_LESSON, SHORTCUT_LEARNT, SHORTCUT_WORDS };

/* Until when what is remembered holds; then of each number how many went so, and when the last did. Nanoseconds, monotonic. */
#define SHORTCUT_COUNTS (1 + 2 * 2 * SHORTCUT_SLOTS)

/* Memory of JavaScript, and the two ends. */
struct shortcut_ends {
  volatile uint32_t *words;
  volatile double *counts;
  const struct tun_device *device;
  const struct udp_socket *socket;
};

/*
 * What became of packets that came alone: between one TUN device and one UDP socket. A packet that comes when nothing else does,
 * and is like one that the rules have sent on, goes where that went, without them. JavaScript says what may be remembered, and
 * when all is to be forgotten; what a pass has done is seen here.
 */
struct shortcuts;

/* NULL when there is no memory. */
struct shortcuts *shortcuts_new(struct shortcut_ends ends);
void shortcuts_free(struct shortcuts *shortcuts);

/* Whether the packet, alone in its wake, has left. */
bool shortcuts_send(struct shortcuts *shortcuts, const uint8_t *packet, size_t length);

/* Whether the packet in the datagram, alone in its wake, has been given to the device. */
bool shortcuts_deliver(struct shortcuts *shortcuts, const union udp_address *from, const uint8_t *datagram, size_t length);

/* What stands before a packet is not longer, or nothing is remembered. */
#define SHORTCUT_HEAD_MAX 256u

/* Everything that rules are told of a packet but for its bytes, or of a datagram but for what is in it. */
struct shortcut_key {
  uint32_t length;
  uint8_t bytes[36];
};

/* A pass through the rules that may be remembered: of a packet of the device where `from` is NULL, else of a datagram. */
struct lesson {
  const union udp_address *from;
  const uint8_t *bytes;
  size_t length;
  /* 0 for none. */
  uint32_t number;
  struct shortcut_key key;
  uint32_t epoch;
  /* What the pass did, and whether it was what can be remembered: with these bytes before the packet, and for whom. */
  uint32_t effects;
  bool fits;
  uint8_t head[SHORTCUT_HEAD_MAX];
  size_t head_length;
  union udp_address to;
  struct lesson *outer;
};

/* Around the call of JavaScript; there may be one within another. The second is given NULL where the call has closed an end. */
void lesson_begin(struct shortcuts *shortcuts, struct lesson *lesson);
void lesson_end(struct shortcuts *shortcuts, struct lesson *lesson);

/* Whether there is a lesson that another pass must not come into the middle of. */
bool shortcuts_are_learning(const struct shortcuts *shortcuts);

/* What JavaScript does meanwhile; NULL where there are no shortcuts. */
void shortcuts_saw_datagram(struct shortcuts *shortcuts, const union udp_address *to, const uint8_t *bytes, size_t length);
void shortcuts_saw_packets(struct shortcuts *shortcuts, const uint8_t *first, const struct rows *rows);
void shortcuts_saw_other(struct shortcuts *shortcuts);

#endif
