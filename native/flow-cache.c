/*
 * Lookup, storage and recording of the flow cache; flow-cache.h describes its place on the packet path.
 *
 * Keys: the key of a packet is its IP version, traffic class, protocol, hop limit, addresses and length. The key of a datagram
 * is its link or sender, traffic class and length. A datagram hits only if its head, the bytes before the packet, also equals
 * the cached head.
 *
 * Correctness: a hit repeats the effect of the recorded run. Cacheable rules read only the key and the head, so they would have
 * the same effect again. Packets with IP options, extension headers or fragments never hit. TCP SYN segments of the device
 * never hit either, because the node may lower their maximum segment size. Nor do UDP packets of the device from or to the
 * node's port.
 */
#define _GNU_SOURCE
#include "flow-cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "ecn.h"
#include "ip.h"
#include "reply-source.h"
#include "sessions.h"
#include "traffic-class.h"

#define TCP_SYN 0x02
#define PROTOCOL_ICMP 1
#define PROTOCOL_ICMPV6 58

/* Backoff: number of misses that an entry skips after a recording. The number doubles with each recording until the entry is hit. */
#define SKIPS_FIRST 2u
#define SKIPS_MAX 32u

struct flow_entry {
  struct flow_key key;
  uint32_t epoch;
  bool is_valid;
  /* Key of the last miss. Only two misses in a row with one key are worth a recording. */
  struct flow_key last_miss;
  /* Number of misses that are still to be skipped (not recorded), and the number at the start of this backoff. */
  uint32_t skips_left;
  uint32_t backoff;
  size_t head_length;
  uint8_t head[FLOW_CACHE_HEAD_MAX];
  /* Destination of packets of the device, and the traffic class of their datagrams. */
  struct udp_destination to;
  uint32_t traffic_class;
};

struct flow_cache {
  struct flow_cache_ends ends;
  /* First the entries for packets of the device, then those for datagrams. */
  struct flow_entry entries[2 * FLOW_CACHE_ENTRIES];
  /* Port of the socket, in network byte order. */
  uint8_t port[2];
  /* The innermost open recording. */
  struct recording *recording;
};

struct flow_cache *flow_cache_new(struct flow_cache_ends ends) {
  struct flow_cache *cache = calloc(1, sizeof *cache);
  if (cache == NULL) return NULL;
  cache->ends = ends;
  union udp_address bound = {0};
  socklen_t length = sizeof bound;
  getsockname(ends.socket->fd, &bound.any, &length);
  /* Both kinds of address have the port at the same place. */
  memcpy(cache->port, &bound.v4.sin_port, sizeof cache->port);
  return cache;
}

void flow_cache_free(struct flow_cache *cache) {
  free(cache);
}

static size_t short_at(const uint8_t *bytes) {
  return (size_t)bytes[0] << 8 | bytes[1];
}

static bool is_transport(uint8_t protocol) {
  return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

/* Whether a packet has no options, extension headers, fragments or trailing bytes. C and JavaScript parse such packets alike. */
static bool is_simple(const uint8_t *packet, size_t length) {
  if (length < IPV4_HEADER) return false;
  if (packet[0] == 0x45) {
    return short_at(packet + 2) == length && (short_at(packet + 6) & 0x3fff) == 0 && is_transport(packet[9]);
  }
  if (packet[0] >> 4 != 6 || length < IPV6_HEADER) return false;
  return short_at(packet + 4) == length - IPV6_HEADER && is_transport(packet[6]);
}

/* Whether a packet is UDP from or to the port of the node. Such a packet may be a datagram of the node itself, which TunRx drops. */
static bool has_own_port(const struct flow_cache *cache, uint8_t protocol, const uint8_t *upper, size_t length) {
  return protocol == PROTOCOL_UDP && (length < 4 || memcmp(upper, cache->port, 2) == 0 || memcmp(upper + 2, cache->port, 2) == 0);
}

/* Whether a packet is a TCP SYN, or too short to tell. */
static bool opens_connection(uint8_t protocol, const uint8_t *upper, size_t length) {
  return protocol == PROTOCOL_TCP && (length < TCP_HEADER || (upper[TCP_FLAGS_AT] & TCP_SYN) != 0);
}

static bool key_of_packet(const struct flow_cache *cache, struct flow_key *key, const uint8_t *packet, size_t length) {
  bool is_v4 = length > 0 && packet[0] == 0x45;
  size_t header = is_v4 ? IPV4_HEADER : IPV6_HEADER;
  memset(key, 0, sizeof *key);
  if (!is_simple(packet, length)) return false;
  key->length = (uint32_t)length;
  key->bytes[0] = is_v4 ? 4 : 6;
  key->bytes[1] = packet[is_v4 ? 9 : 6];
  key->bytes[2] = packet[is_v4 ? 8 : 7];
  key->bytes[3] = ip_traffic_class(packet);
  memcpy(key->bytes + 4, packet + (is_v4 ? 12 : 8), is_v4 ? 8 : 32);
  const uint8_t *upper = packet + header;
  return !opens_connection(key->bytes[1], upper, length - header) && !has_own_port(cache, key->bytes[1], upper, length - header);
}

static void key_of_datagram(struct flow_key *key, const struct recording *received) {
  memset(key, 0, sizeof *key);
  key->length = (uint32_t)received->length;
  if (received->link == 0) memcpy(key->bytes, received->from, sizeof *received->from);
  key->bytes[sizeof *received->from] = (uint8_t)received->traffic_class;
  memcpy(key->bytes + sizeof key->bytes - sizeof received->link, &received->link, sizeof received->link);
}

static bool same_key(const struct flow_key *left, const struct flow_key *right) {
  return memcmp(left, right, sizeof *left) == 0;
}

static uint32_t index_of(const struct flow_key *key, bool is_datagram) {
  uint32_t hash = 2166136261u;
  for (size_t at = 0; at < sizeof *key; at++) hash = (hash ^ ((const uint8_t *)key)[at]) * 16777619u;
  return (hash ^ hash >> 16) % FLOW_CACHE_ENTRIES + (is_datagram ? FLOW_CACHE_ENTRIES : 0);
}

/* Returns the entry at `index` if it is valid for the key now, and sets `now`. */
static struct flow_entry *look_up(struct flow_cache *cache, uint32_t index, const struct flow_key *key, int64_t *now) {
  struct flow_entry *entry = &cache->entries[index];
  const struct flow_cache_ends *ends = &cache->ends;
  if (!entry->is_valid || entry->epoch != ends->words[FLOW_CACHE_EPOCH]) return NULL;
  if (ends->words[FLOW_CACHE_BLOCKED] != 0 || !same_key(&entry->key, key)) return NULL;
  *now = monotonic_ns();
  return (double)*now < ends->counts[0] ? entry : NULL;
}

/* Counts a hit, which ends the backoff of the entry. */
static void count_hit(struct flow_cache *cache, uint32_t index, int64_t now) {
  volatile double *counts = cache->ends.counts + 1 + 2 * index;
  counts[0] += 1;
  counts[1] = (double)now;
  cache->entries[index].skips_left = cache->entries[index].backoff = 0;
}

static bool send_parts(const struct udp_socket *udp, const struct flow_entry *entry, const union udp_address *to,
                       struct iovec *parts, size_t count) {
  struct msghdr message = {.msg_name = (void *)to, .msg_namelen = udp_address_length(to), .msg_iov = parts, .msg_iovlen = count};
  union {
    char bytes[TRAFFIC_CLASS_SPACE + REPLY_SOURCE_SPACE];
    struct cmsghdr align;
  } control = {0};
  size_t noted = 0;
  if (entry->traffic_class != udp->traffic_class) {
    traffic_class_write(&control.align, to, entry->traffic_class);
    noted = TRAFFIC_CLASS_SPACE;
  }
  message.msg_controllen = noted + reply_source_write(udp->sources, to, control.bytes + noted);
  if (message.msg_controllen > 0) message.msg_control = control.bytes;
  ssize_t sent;
  do sent = sendmsg(udp->fd, &message, MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  if (sent < 0) reply_source_failed(udp->sources, to, errno);
  return sent >= 0;
}

/* Sends a packet after the head of its entry, sealed if the entry is for a link. */
static bool send_with_head(const struct udp_socket *udp, const struct flow_entry *entry, const uint8_t *packet, size_t length) {
  struct iovec parts[2] = {{(void *)entry->head, entry->head_length}, {(void *)packet, length}}, sealed;
  const union udp_address *to = udp_address_of(udp, &entry->to);
  if (to == NULL) return false;
  if (entry->to.link == 0) return send_parts(udp, entry, to, parts, 2);
  sessions_clear_room(udp->sessions);
  sessions_tick(udp->sessions);
  return sessions_seal(udp->sessions, entry->to.link, parts, 2, true, &sealed) == 0 && send_parts(udp, entry, to, &sealed, 1);
}

bool flow_cache_send(struct flow_cache *cache, const uint8_t *packet, size_t length) {
  struct flow_key key;
  int64_t now = 0;
  if (cache == NULL || !key_of_packet(cache, &key, packet, length)) return false;
  uint32_t index = index_of(&key, false);
  const struct flow_entry *entry = look_up(cache, index, &key, &now);
  if (entry == NULL || !send_with_head(cache->ends.socket, entry, packet, length)) return false;
  count_hit(cache, index, now);
  return true;
}

bool flow_cache_deliver(struct flow_cache *cache, const struct recording *received, uint8_t *datagram) {
  struct flow_key key;
  int64_t now = 0;
  if (cache == NULL) return false;
  key_of_datagram(&key, received);
  uint32_t index = index_of(&key, true);
  const struct flow_entry *entry = look_up(cache, index, &key, &now);
  if (entry == NULL || memcmp(entry->head, datagram, entry->head_length) != 0) return false;
  uint8_t *packet = datagram + entry->head_length;
  size_t rest = received->length - entry->head_length;
  if (!is_simple(packet, rest) || !ecn_combine(packet, received->traffic_class)) return false;
  const struct segments segments = {.count = 1, .length = rest, .stride = rest, .last_at = 0, .last_length = rest};
  if (tun_device_write(cache->ends.device, packet, &segments).error != 0) return false;
  count_hit(cache, index, now);
  return true;
}

/* Whether a miss is worth a recording: it repeats the last miss, and the backoff is over. */
static bool should_record(const struct flow_cache *cache, struct flow_entry *entry, const struct flow_key *key) {
  bool is_repeated = same_key(&entry->last_miss, key);
  entry->last_miss = *key;
  if (!is_repeated || cache->ends.words[FLOW_CACHE_BLOCKED] != 0) return false;
  if (entry->skips_left == 0) return true;
  entry->skips_left--;
  return false;
}

static bool key_of_recording(const struct flow_cache *cache, struct recording *recording) {
  if (recording->from == NULL) return key_of_packet(cache, &recording->key, recording->bytes, recording->length);
  key_of_datagram(&recording->key, recording);
  return true;
}

void recording_begin(struct flow_cache *cache, struct recording *recording) {
  recording->number = recording->effects = 0;
  recording->is_unchanged = false;
  if (cache == NULL) return;
  recording->outer = cache->recording;
  cache->recording = recording;
  recording->epoch = cache->ends.words[FLOW_CACHE_EPOCH];
  if (key_of_recording(cache, recording)) {
    uint32_t index = index_of(&recording->key, recording->from != NULL);
    if (should_record(cache, &cache->entries[index], &recording->key)) recording->number = index + 1;
  }
  cache->ends.words[FLOW_CACHE_RECORDING] = recording->number;
}

static void store(struct flow_entry *entry, const struct recording *recording) {
  entry->is_valid = true;
  entry->key = recording->key;
  entry->epoch = recording->epoch;
  entry->head_length = recording->head_length;
  entry->to = recording->to;
  entry->traffic_class = recording->sent_traffic_class;
  memcpy(entry->head, recording->head, recording->head_length);
}

static void begin_backoff(struct flow_entry *entry) {
  uint32_t backoff = entry->backoff == 0 ? SKIPS_FIRST : 2 * entry->backoff;
  entry->skips_left = entry->backoff = backoff < SKIPS_MAX ? backoff : SKIPS_MAX;
}

void recording_end(struct flow_cache *cache, struct recording *recording) {
  if (cache == NULL) return;
  volatile uint32_t *words = cache->ends.words;
  bool is_marked = recording->number != 0 && words[FLOW_CACHE_RECORDED] == recording->number;
  bool is_cacheable = recording->effects == 1 && recording->is_unchanged && recording->epoch == words[FLOW_CACHE_EPOCH];
  cache->recording = recording->outer;
  words[FLOW_CACHE_RECORDING] = words[FLOW_CACHE_RECORDED] = 0;
  if (recording->number == 0) return;
  struct flow_entry *entry = &cache->entries[recording->number - 1];
  begin_backoff(entry);
  /* From now on JavaScript counts each hit of this entry as the new run, so the entry must not repeat the old run. */
  if (is_marked) entry->is_valid = false;
  if (is_marked && is_cacheable) store(entry, recording);
}

bool flow_cache_is_recording(const struct flow_cache *cache) {
  return cache != NULL && cache->recording != NULL && cache->recording->number != 0;
}

/*
 * Notes the bytes before the packet if `datagram` ends with the packet, unchanged. A datagram whose head contains the packet
 * once more is not cacheable.
 */
static void note_head(struct recording *recording, const uint8_t *datagram, size_t length, const uint8_t *packet,
                      size_t packet_length) {
  if (packet_length > length || length - packet_length > FLOW_CACHE_HEAD_MAX) return;
  recording->head_length = length - packet_length;
  if (memcmp(datagram + recording->head_length, packet, packet_length) != 0) return;
  if (memmem(datagram, recording->head_length, packet, packet_length) != NULL) return;
  memcpy(recording->head, datagram, recording->head_length);
  recording->is_unchanged = true;
}

void flow_cache_note_datagram(struct flow_cache *cache, const struct udp_destination *to, const uint8_t *bytes, size_t length,
                              uint32_t traffic_class) {
  struct recording *recording = cache == NULL ? NULL : cache->recording;
  if (recording == NULL || recording->number == 0) return;
  recording->effects++;
  if (recording->from != NULL) return;
  recording->to = *to;
  recording->sent_traffic_class = traffic_class;
  note_head(recording, bytes, length, recording->bytes, recording->length);
}

void flow_cache_note_packets(struct flow_cache *cache, const uint8_t *first, const struct segments *segments) {
  struct recording *recording = cache == NULL ? NULL : cache->recording;
  if (recording == NULL || recording->number == 0) return;
  recording->effects++;
  if (recording->from == NULL || segments->count != 1 || !is_simple(first, segments->length)) return;
  note_head(recording, recording->bytes, recording->length, first, segments->length);
}

void flow_cache_note_other(struct flow_cache *cache) {
  if (cache != NULL && cache->recording != NULL) cache->recording->effects += 2;
}
