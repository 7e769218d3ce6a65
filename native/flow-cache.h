/*
 * The flow cache: outcomes of packets that were alone in their read cycle, between one TUN device and one UDP socket of a
 * process.
 *
 * Place on the packet path: tun.c and udp.c ask the cache about a packet that is the only one of its read cycle. On a hit the
 * cache sends the packet to the socket, or writes it to the device, and JavaScript is not called. On a miss tun.c or udp.c
 * opens a recording, calls JavaScript, which runs the rules, and closes the recording. During the run, the functions of tun.c
 * and udp.c that write and send note the effects of the run. A run with one cacheable effect becomes an entry.
 *
 * JavaScript decides which runs are cacheable, when the cache is flushed and when it is blocked (struct flow_cache_ends).
 *
 * All functions run on the thread of the event loop. All lengths are in bytes. A NULL cache is valid: nothing hits then, and
 * nothing is recorded.
 */
#ifndef MOSAIC_FLOW_CACHE_H
#define MOSAIC_FLOW_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segments.h"
#include "tun-device.h"
#include "udp-socket.h"

/* Entries per direction. Must be a power of two: the entry of a key is its hash modulo this number. */
#define FLOW_CACHE_ENTRIES 64u

/*
 * Words shared with JavaScript, by index:
 * EPOCH      JavaScript increments it to flush the cache: entries of another epoch do not hit.
 * BLOCKED    JavaScript sets it to a value other than 0 to block the cache: no packet hits until it is 0 again.
 * RECORDING  number of the entry for which the current call of JavaScript is recorded, counted from 1; 0 if the call is not
 *            recorded.
 * RECORDED   JavaScript sets it to the number in RECORDING before it returns, if the run may be cached.
 */
enum flow_cache_word { FLOW_CACHE_EPOCH, FLOW_CACHE_BLOCKED, FLOW_CACHE_RECORDING, FLOW_CACHE_RECORDED, FLOW_CACHE_WORDS };

/*
 * Number of the shared counters: [0] is the time at which all entries expire; then come, per direction and entry, the packets
 * that hit the entry and the time of the last hit. Times are monotonic nanoseconds.
 */
#define FLOW_CACHE_COUNTS (1 + 2 * 2 * FLOW_CACHE_ENTRIES)

/* The two ends of the cache, and the shared memory, which belongs to JavaScript and outlives the cache. */
struct flow_cache_ends {
  volatile uint32_t *words;
  volatile double *counts;
  const struct tun_device *device;
  const struct udp_socket *socket;
};

struct flow_cache;

/* Returns NULL when there is no memory. The caller must free the cache before it closes one of the ends. */
struct flow_cache *flow_cache_new(struct flow_cache_ends ends);
void flow_cache_free(struct flow_cache *cache);

/* Sends a packet of the device if its flow is cached. Returns whether the packet has left. */
bool flow_cache_send(struct flow_cache *cache, const uint8_t *packet, size_t length);

/* Greatest length of a head, the bytes before a packet in its datagram. A run with a longer head is not cached. */
#define FLOW_CACHE_HEAD_MAX 256u

/*
 * Key of an entry. For a packet of the device: its traffic class, and all that the rules see of it except for the payload. For
 * a datagram: its link, or its sender if it has none, traffic class and length. Keys are compared as bytes, so unused bytes must be zero.
 */
struct flow_key {
  uint32_t length;
  uint8_t bytes[36];
};

/* Recording of one run of the rules: for a packet of the device when `from` is NULL, otherwise for a datagram. */
struct recording {
  /* The packet or datagram. The caller sets the first five members; the bytes must stay valid until the recording ends. */
  const union udp_address *from;
  const uint8_t *bytes;
  size_t length;
  /* Traffic class of the datagram. */
  uint32_t traffic_class;
  /* Link of the datagram, 0 for none. */
  uint32_t link;
  /* Number of the entry, counted from 1; 0 when the run is not recorded. */
  uint32_t number;
  struct flow_key key;
  uint32_t epoch;
  /* Number of packets and datagrams that left during the run. A cacheable run has one. */
  uint32_t effects;
  /*
   * Whether the packet left unchanged. If it did, the next members hold the bytes before it in the datagram, and the
   * destination and traffic class of the datagram.
   */
  bool is_unchanged;
  uint8_t head[FLOW_CACHE_HEAD_MAX];
  size_t head_length;
  struct udp_destination to;
  uint32_t sent_traffic_class;
  struct recording *outer;
};

/*
 * Writes the packet in a datagram to the device if its flow is cached. Returns whether the device took the packet. First
 * combines the ECN field of the packet with the ECN field of the datagram, in place. `received` describes the datagram and its
 * sender, and `datagram` points to the bytes of the datagram.
 */
bool flow_cache_deliver(struct flow_cache *cache, const struct recording *received, uint8_t *datagram);

/*
 * Open and close a recording around a call of JavaScript. Recordings may nest. The caller passes NULL to recording_end when
 * the call has closed one of the ends.
 */
void recording_begin(struct flow_cache *cache, struct recording *recording);
void recording_end(struct flow_cache *cache, struct recording *recording);

/* Returns whether a run is being recorded. Then no nested read cycle may start, because it would add its effects to the recording. */
bool flow_cache_is_recording(const struct flow_cache *cache);

/* Note effects of JavaScript during a recording: a datagram, packets written to the device, anything else that leaves. */
void flow_cache_note_datagram(struct flow_cache *cache, const struct udp_destination *to, const uint8_t *bytes, size_t length,
                              uint32_t traffic_class);
void flow_cache_note_packets(struct flow_cache *cache, const uint8_t *first, const struct segments *segments);
void flow_cache_note_other(struct flow_cache *cache);

#endif
