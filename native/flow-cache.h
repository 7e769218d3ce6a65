#ifndef MOSAIC_FLOW_CACHE_H
#define MOSAIC_FLOW_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segments.h"
#include "tun-device.h"
#include "udp-socket.h"

/* Ways that are remembered in each direction. A power of two. */
#define FLOW_CACHE_ENTRIES 64u

/* What is said between JavaScript and C, a word each; what a recording and what was learnt are is said by number, from 1. */
enum flow_cache_word { FLOW_CACHE_EPOCH, FLOW_CACHE_BLOCKED, FLOW_CACHE_RECORDING, FLOW_CACHE_RECORDED, FLOW_CACHE_WORDS };

/* Until when what is remembered holds; then of each number how many went so, and when the last did. Nanoseconds, monotonic. */
#define FLOW_CACHE_COUNTS (1 + 2 * 2 * FLOW_CACHE_ENTRIES)

/* Memory of JavaScript, and the two ends. */
struct flow_cache_ends {
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
struct flow_cache;

/* NULL when there is no memory. */
struct flow_cache *flow_cache_new(struct flow_cache_ends ends);
void flow_cache_free(struct flow_cache *cache);

/* Whether the packet, alone in its wake, has left. */
bool flow_cache_send(struct flow_cache *cache, const uint8_t *packet, size_t length);

/* Whether the packet in the datagram, alone in its wake, has been given to the device. */
bool flow_cache_deliver(struct flow_cache *cache, const union udp_address *from, const uint8_t *datagram, size_t length);

/* What stands before a packet is not longer, or nothing is remembered. */
#define FLOW_CACHE_HEAD_MAX 256u

/* Everything that rules are told of a packet but for its bytes, or of a datagram but for what is in it. */
struct flow_key {
  uint32_t length;
  uint8_t bytes[36];
};

/* A pass through the rules that may be remembered: of a packet of the device where `from` is NULL, else of a datagram. */
struct recording {
  const union udp_address *from;
  const uint8_t *bytes;
  size_t length;
  /* 0 for none. */
  uint32_t number;
  struct flow_key key;
  uint32_t epoch;
  /* What the pass did, and whether it was what can be remembered: with these bytes before the packet, and for whom. */
  uint32_t effects;
  bool fits;
  uint8_t head[FLOW_CACHE_HEAD_MAX];
  size_t head_length;
  union udp_address to;
  struct recording *outer;
};

/* Around the call of JavaScript; there may be one within another. The second is given NULL where the call has closed an end. */
void recording_begin(struct flow_cache *cache, struct recording *recording);
void recording_end(struct flow_cache *cache, struct recording *recording);

/* Whether there is a recording that another pass must not come into the middle of. */
bool flow_cache_is_recording(const struct flow_cache *cache);

/* What JavaScript does meanwhile; NULL where there are no shortcuts. */
void flow_cache_note_datagram(struct flow_cache *cache, const union udp_address *to, const uint8_t *bytes, size_t length);
void flow_cache_note_packets(struct flow_cache *cache, const uint8_t *first, const struct segments *segments);
void flow_cache_note_other(struct flow_cache *cache);

#endif
