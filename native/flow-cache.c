#define _GNU_SOURCE
#include "flow-cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ip.h"
#include "clock.h"

#define TCP_SYN 0x02
#define PROTOCOL_ICMP 1
#define PROTOCOL_ICMPV6 58

/* After a recording so many that might be one are left out, then twice as many, until one has been of use. */
#define PAUSE_FIRST 2u
#define PAUSE_MAX 32u

struct flow_entry {
  struct flow_key key;
  uint32_t epoch;
  bool is_known;
  /* That of the last which went by the rules: twice the same is worth a recording. */
  struct flow_key asked;
  /* How many lessons are to be left out, and how many were the last time. */
  uint32_t pause;
  uint32_t paused;
  size_t head_length;
  uint8_t head[FLOW_CACHE_HEAD_MAX];
  /* Of a packet of the device: where it goes. */
  union udp_address to;
};

struct flow_cache {
  struct flow_cache_ends ends;
  /* What is for packets of the device, then what is for datagrams. */
  struct flow_entry slots[2 * FLOW_CACHE_ENTRIES];
  struct recording *recording;
};

struct flow_cache *flow_cache_new(struct flow_cache_ends ends) {
  struct flow_cache *cache = calloc(1, sizeof *cache);
  if (cache == NULL) return NULL;
  cache->ends = ends;
  return cache;
}

void flow_cache_free(struct flow_cache *cache) {
  free(cache);
}

static size_t short_at(const uint8_t *bytes) {
  return (size_t)bytes[0] << 8 | bytes[1];
}

static bool is_upper(uint8_t protocol) {
  return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

/* Without options, extensions, fragments and anything behind it: what every part of a node reads alike. */
static bool is_simple(const uint8_t *packet, size_t length) {
  if (length < IPV4_HEADER) return false;
  if (packet[0] == 0x45) {
    return short_at(packet + 2) == length && (short_at(packet + 6) & 0x3fff) == 0 && is_upper(packet[9]);
  }
  if (packet[0] >> 4 != 6 || length < IPV6_HEADER) return false;
  return short_at(packet + 4) == length - IPV6_HEADER && is_upper(packet[6]);
}

/* A node may change the packet that opens a connection. */
static bool may_open(uint8_t protocol, const uint8_t *upper, size_t length) {
  return protocol == PROTOCOL_TCP && (length < TCP_HEADER || (upper[TCP_FLAGS_AT] & TCP_SYN) != 0);
}

static bool key_of_packet(struct flow_key *key, const uint8_t *packet, size_t length) {
  bool is_v4 = length > 0 && packet[0] == 0x45;
  size_t header = is_v4 ? IPV4_HEADER : IPV6_HEADER;
  memset(key, 0, sizeof *key);
  if (!is_simple(packet, length)) return false;
  key->length = (uint32_t)length;
  key->bytes[0] = is_v4 ? 4 : 6;
  key->bytes[1] = packet[is_v4 ? 9 : 6];
  key->bytes[2] = packet[is_v4 ? 8 : 7];
  memcpy(key->bytes + 4, packet + (is_v4 ? 12 : 8), is_v4 ? 8 : 32);
  return !may_open(key->bytes[1], packet + header, length - header);
}

static void key_of_datagram(struct flow_key *key, const union udp_address *from, size_t length) {
  memset(key, 0, sizeof *key);
  key->length = (uint32_t)length;
  memcpy(key->bytes, from, sizeof *from);
}

static bool same(const struct flow_key *one, const struct flow_key *other) {
  return memcmp(one, other, sizeof *one) == 0;
}

static uint32_t slot_of(const struct flow_key *key, bool is_datagram) {
  uint32_t hash = 2166136261u;
  for (size_t at = 0; at < sizeof *key; at++) hash = (hash ^ ((const uint8_t *)key)[at]) * 16777619u;
  return (hash ^ hash >> 16) % FLOW_CACHE_ENTRIES + (is_datagram ? FLOW_CACHE_ENTRIES : 0);
}

/* What is known of the key and holds now; when that is. */
static struct flow_entry *known(struct flow_cache *cache, uint32_t slot, const struct flow_key *key, int64_t *now) {
  struct flow_entry *entry = &cache->slots[slot];
  const struct flow_cache_ends *ends = &cache->ends;
  if (!entry->is_known || entry->epoch != ends->words[FLOW_CACHE_EPOCH]) return NULL;
  if (ends->words[FLOW_CACHE_BLOCKED] != 0 || !same(&entry->key, key)) return NULL;
  *now = monotonic_ns();
  return (double)*now < ends->counts[0] ? entry : NULL;
}

/* What was learnt has been of use. */
static void count_taken(struct flow_cache *cache, uint32_t slot, int64_t now) {
  volatile double *counts = cache->ends.counts + 1 + 2 * slot;
  counts[0] += 1;
  counts[1] = (double)now;
  cache->slots[slot].pause = cache->slots[slot].paused = 0;
}

static bool send_with_head(const struct udp_socket *udp, const struct flow_entry *entry, const uint8_t *packet, size_t length) {
  struct iovec parts[2] = {{(void *)entry->head, entry->head_length}, {(void *)packet, length}};
  struct msghdr message = {.msg_name = (void *)&entry->to, .msg_namelen = udp_address_length(&entry->to),
                           .msg_iov = parts, .msg_iovlen = 2};
  ssize_t sent;
  do sent = sendmsg(udp->fd, &message, MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

bool flow_cache_send(struct flow_cache *cache, const uint8_t *packet, size_t length) {
  struct flow_key key;
  int64_t now = 0;
  if (cache == NULL || !key_of_packet(&key, packet, length)) return false;
  uint32_t slot = slot_of(&key, false);
  const struct flow_entry *entry = known(cache, slot, &key, &now);
  if (entry == NULL || !send_with_head(cache->ends.socket, entry, packet, length)) return false;
  count_taken(cache, slot, now);
  return true;
}

bool flow_cache_deliver(struct flow_cache *cache, const union udp_address *from, const uint8_t *datagram, size_t length) {
  struct flow_key key;
  int64_t now = 0;
  if (cache == NULL) return false;
  key_of_datagram(&key, from, length);
  uint32_t slot = slot_of(&key, true);
  const struct flow_entry *entry = known(cache, slot, &key, &now);
  if (entry == NULL || memcmp(entry->head, datagram, entry->head_length) != 0) return false;
  const uint8_t *packet = datagram + entry->head_length;
  size_t rest = length - entry->head_length;
  if (!is_simple(packet, rest)) return false;
  const struct segments segments = {.count = 1, .length = rest, .stride = rest, .last_at = 0, .last_length = rest};
  if (tun_device_write(cache->ends.device, packet, &segments).error != 0) return false;
  count_taken(cache, slot, now);
  return true;
}

/* Whether the pass is worth the trouble: it goes as one went before, and lessons have been of use. */
static bool is_worth(const struct flow_cache *cache, struct flow_entry *entry, const struct flow_key *key) {
  bool is_asked_again = same(&entry->asked, key);
  entry->asked = *key;
  if (!is_asked_again || cache->ends.words[FLOW_CACHE_BLOCKED] != 0) return false;
  if (entry->pause == 0) return true;
  entry->pause--;
  return false;
}

static bool find_key(struct recording *recording) {
  if (recording->from == NULL) return key_of_packet(&recording->key, recording->bytes, recording->length);
  key_of_datagram(&recording->key, recording->from, recording->length);
  return true;
}

void recording_begin(struct flow_cache *cache, struct recording *recording) {
  recording->number = recording->effects = 0;
  recording->fits = false;
  if (cache == NULL) return;
  recording->outer = cache->recording;
  cache->recording = recording;
  recording->epoch = cache->ends.words[FLOW_CACHE_EPOCH];
  if (find_key(recording)) {
    uint32_t slot = slot_of(&recording->key, recording->from != NULL);
    if (is_worth(cache, &cache->slots[slot], &recording->key)) recording->number = slot + 1;
  }
  cache->ends.words[FLOW_CACHE_RECORDING] = recording->number;
}

static void remember(struct flow_entry *entry, const struct recording *recording) {
  entry->is_known = true;
  entry->key = recording->key;
  entry->epoch = recording->epoch;
  entry->head_length = recording->head_length;
  entry->to = recording->to;
  memcpy(entry->head, recording->head, recording->head_length);
}

static void begin_pause(struct flow_entry *entry) {
  uint32_t pause = entry->paused == 0 ? PAUSE_FIRST : 2 * entry->paused;
  entry->pause = entry->paused = pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

void recording_end(struct flow_cache *cache, struct recording *recording) {
  if (cache == NULL) return;
  volatile uint32_t *words = cache->ends.words;
  bool is_said = recording->number != 0 && words[FLOW_CACHE_RECORDED] == recording->number;
  bool is_seen = recording->effects == 1 && recording->fits && recording->epoch == words[FLOW_CACHE_EPOCH];
  cache->recording = recording->outer;
  words[FLOW_CACHE_RECORDING] = words[FLOW_CACHE_RECORDED] = 0;
  if (recording->number == 0) return;
  struct flow_entry *entry = &cache->slots[recording->number - 1];
  begin_pause(entry);
  /* JavaScript counts by this number what it has just seen, and no more what it had seen before. */
  if (is_said) entry->is_known = false;
  if (is_said && is_seen) remember(entry, recording);
}

bool flow_cache_is_recording(const struct flow_cache *cache) {
  return cache != NULL && cache->recording != NULL && cache->recording->number != 0;
}

/* Keeps what stands before the packet where `whole` ends with it, and has it nowhere else. */
static void keep_head(struct recording *recording, const uint8_t *whole, size_t length, const uint8_t *packet, size_t packet_length) {
  if (packet_length > length || length - packet_length > FLOW_CACHE_HEAD_MAX) return;
  recording->head_length = length - packet_length;
  if (memcmp(whole + recording->head_length, packet, packet_length) != 0) return;
  if (memmem(whole, recording->head_length, packet, packet_length) != NULL) return;
  memcpy(recording->head, whole, recording->head_length);
  recording->fits = true;
}

void flow_cache_note_datagram(struct flow_cache *cache, const union udp_address *to, const uint8_t *bytes, size_t length) {
  struct recording *recording = cache == NULL ? NULL : cache->recording;
  if (recording == NULL || recording->number == 0) return;
  recording->effects++;
  if (recording->from != NULL) return;
  recording->to = *to;
  keep_head(recording, bytes, length, recording->bytes, recording->length);
}

void flow_cache_note_packets(struct flow_cache *cache, const uint8_t *first, const struct segments *segments) {
  struct recording *recording = cache == NULL ? NULL : cache->recording;
  if (recording == NULL || recording->number == 0) return;
  recording->effects++;
  if (recording->from == NULL || segments->count != 1 || !is_simple(first, segments->length)) return;
  keep_head(recording, recording->bytes, recording->length, first, segments->length);
}

void flow_cache_note_other(struct flow_cache *cache) {
  if (cache != NULL && cache->recording != NULL) cache->recording->effects += 2;
}
