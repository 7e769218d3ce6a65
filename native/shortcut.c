#define _GNU_SOURCE
#include "shortcut.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ip.h"
#include "clock.h"

#define TCP_SYN 0x02
#define PROTOCOL_ICMP 1
#define PROTOCOL_ICMPV6 58

/* After a lesson so many that might be one are left out, then twice as many, until one has been of use. */
#define PAUSE_FIRST 2u
#define PAUSE_MAX 32u

struct shortcut {
  struct shortcut_key key;
  uint32_t epoch;
  bool is_known;
  /* That of the last which went by the rules: twice the same is worth a lesson. */
  struct shortcut_key asked;
  /* How many lessons are to be left out, and how many were the last time. */
  uint32_t pause;
  uint32_t paused;
  size_t head_length;
  uint8_t head[SHORTCUT_HEAD_MAX];
  /* Of a packet of the device: where it goes. */
  union udp_address to;
};

struct shortcuts {
  struct shortcut_ends ends;
  /* What is for packets of the device, then what is for datagrams. */
  struct shortcut slots[2 * SHORTCUT_SLOTS];
  struct lesson *lesson;
};

struct shortcuts *shortcuts_new(struct shortcut_ends ends) {
  struct shortcuts *shortcuts = calloc(1, sizeof *shortcuts);
  if (shortcuts == NULL) return NULL;
  shortcuts->ends = ends;
  return shortcuts;
}

void shortcuts_free(struct shortcuts *shortcuts) {
  free(shortcuts);
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

static bool key_of_packet(struct shortcut_key *key, const uint8_t *packet, size_t length) {
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

static void key_of_datagram(struct shortcut_key *key, const union udp_address *from, size_t length) {
  memset(key, 0, sizeof *key);
  key->length = (uint32_t)length;
  memcpy(key->bytes, from, sizeof *from);
}

static bool same(const struct shortcut_key *one, const struct shortcut_key *other) {
  return memcmp(one, other, sizeof *one) == 0;
}

static uint32_t slot_of(const struct shortcut_key *key, bool is_datagram) {
  uint32_t hash = 2166136261u;
  for (size_t at = 0; at < sizeof *key; at++) hash = (hash ^ ((const uint8_t *)key)[at]) * 16777619u;
  return (hash ^ hash >> 16) % SHORTCUT_SLOTS + (is_datagram ? SHORTCUT_SLOTS : 0);
}

/* What is known of the key and holds now; when that is. */
static struct shortcut *known(struct shortcuts *shortcuts, uint32_t slot, const struct shortcut_key *key, int64_t *now) {
  struct shortcut *shortcut = &shortcuts->slots[slot];
  const struct shortcut_ends *ends = &shortcuts->ends;
  if (!shortcut->is_known || shortcut->epoch != ends->words[SHORTCUT_EPOCH]) return NULL;
  if (ends->words[SHORTCUT_BLOCKED] != 0 || !same(&shortcut->key, key)) return NULL;
  *now = monotonic_ns();
  return (double)*now < ends->counts[0] ? shortcut : NULL;
}

/* What was learnt has been of use. */
static void count_taken(struct shortcuts *shortcuts, uint32_t slot, int64_t now) {
  volatile double *counts = shortcuts->ends.counts + 1 + 2 * slot;
  counts[0] += 1;
  counts[1] = (double)now;
  shortcuts->slots[slot].pause = shortcuts->slots[slot].paused = 0;
}

static bool send_with_head(const struct udp_socket *udp, const struct shortcut *shortcut, const uint8_t *packet, size_t length) {
  struct iovec parts[2] = {{(void *)shortcut->head, shortcut->head_length}, {(void *)packet, length}};
  struct msghdr message = {.msg_name = (void *)&shortcut->to, .msg_namelen = udp_address_length(&shortcut->to),
                           .msg_iov = parts, .msg_iovlen = 2};
  ssize_t sent;
  do sent = sendmsg(udp->fd, &message, MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

bool shortcuts_send(struct shortcuts *shortcuts, const uint8_t *packet, size_t length) {
  struct shortcut_key key;
  int64_t now = 0;
  if (shortcuts == NULL || !key_of_packet(&key, packet, length)) return false;
  uint32_t slot = slot_of(&key, false);
  const struct shortcut *shortcut = known(shortcuts, slot, &key, &now);
  if (shortcut == NULL || !send_with_head(shortcuts->ends.socket, shortcut, packet, length)) return false;
  count_taken(shortcuts, slot, now);
  return true;
}

bool shortcuts_deliver(struct shortcuts *shortcuts, const union udp_address *from, const uint8_t *datagram, size_t length) {
  struct shortcut_key key;
  int64_t now = 0;
  if (shortcuts == NULL) return false;
  key_of_datagram(&key, from, length);
  uint32_t slot = slot_of(&key, true);
  const struct shortcut *shortcut = known(shortcuts, slot, &key, &now);
  if (shortcut == NULL || memcmp(shortcut->head, datagram, shortcut->head_length) != 0) return false;
  const uint8_t *packet = datagram + shortcut->head_length;
  size_t rest = length - shortcut->head_length;
  if (!is_simple(packet, rest)) return false;
  const struct rows rows = {.count = 1, .length = rest, .stride = rest, .last_at = 0, .last_length = rest};
  if (tun_device_write(shortcuts->ends.device, packet, &rows).error != 0) return false;
  count_taken(shortcuts, slot, now);
  return true;
}

/* Whether the pass is worth the trouble: it goes as one went before, and lessons have been of use. */
static bool is_worth(const struct shortcuts *shortcuts, struct shortcut *shortcut, const struct shortcut_key *key) {
  bool is_asked_again = same(&shortcut->asked, key);
  shortcut->asked = *key;
  if (!is_asked_again || shortcuts->ends.words[SHORTCUT_BLOCKED] != 0) return false;
  if (shortcut->pause == 0) return true;
  shortcut->pause--;
  return false;
}

static bool find_key(struct lesson *lesson) {
  if (lesson->from == NULL) return key_of_packet(&lesson->key, lesson->bytes, lesson->length);
  key_of_datagram(&lesson->key, lesson->from, lesson->length);
  return true;
}

void lesson_begin(struct shortcuts *shortcuts, struct lesson *lesson) {
  lesson->number = lesson->effects = 0;
  lesson->fits = false;
  if (shortcuts == NULL) return;
  lesson->outer = shortcuts->lesson;
  shortcuts->lesson = lesson;
  lesson->epoch = shortcuts->ends.words[SHORTCUT_EPOCH];
  if (find_key(lesson)) {
    uint32_t slot = slot_of(&lesson->key, lesson->from != NULL);
    if (is_worth(shortcuts, &shortcuts->slots[slot], &lesson->key)) lesson->number = slot + 1;
  }
  shortcuts->ends.words[SHORTCUT_LESSON] = lesson->number;
}

static void remember(struct shortcut *shortcut, const struct lesson *lesson) {
  shortcut->is_known = true;
  shortcut->key = lesson->key;
  shortcut->epoch = lesson->epoch;
  shortcut->head_length = lesson->head_length;
  shortcut->to = lesson->to;
  memcpy(shortcut->head, lesson->head, lesson->head_length);
}

static void begin_pause(struct shortcut *shortcut) {
  uint32_t pause = shortcut->paused == 0 ? PAUSE_FIRST : 2 * shortcut->paused;
  shortcut->pause = shortcut->paused = pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

void lesson_end(struct shortcuts *shortcuts, struct lesson *lesson) {
  if (shortcuts == NULL) return;
  volatile uint32_t *words = shortcuts->ends.words;
  bool is_said = lesson->number != 0 && words[SHORTCUT_LEARNT] == lesson->number;
  bool is_seen = lesson->effects == 1 && lesson->fits && lesson->epoch == words[SHORTCUT_EPOCH];
  shortcuts->lesson = lesson->outer;
  words[SHORTCUT_LESSON] = words[SHORTCUT_LEARNT] = 0;
  if (lesson->number == 0) return;
  struct shortcut *shortcut = &shortcuts->slots[lesson->number - 1];
  begin_pause(shortcut);
  /* JavaScript counts by this number what it has just seen, and no more what it had seen before. */
  if (is_said) shortcut->is_known = false;
  if (is_said && is_seen) remember(shortcut, lesson);
}

bool shortcuts_are_learning(const struct shortcuts *shortcuts) {
  return shortcuts != NULL && shortcuts->lesson != NULL && shortcuts->lesson->number != 0;
}

/* Keeps what stands before the packet where `whole` ends with it, and has it nowhere else. */
static void keep_head(struct lesson *lesson, const uint8_t *whole, size_t length, const uint8_t *packet, size_t packet_length) {
  if (packet_length > length || length - packet_length > SHORTCUT_HEAD_MAX) return;
  lesson->head_length = length - packet_length;
  if (memcmp(whole + lesson->head_length, packet, packet_length) != 0) return;
  if (memmem(whole, lesson->head_length, packet, packet_length) != NULL) return;
  memcpy(lesson->head, whole, lesson->head_length);
  lesson->fits = true;
}

void shortcuts_saw_datagram(struct shortcuts *shortcuts, const union udp_address *to, const uint8_t *bytes, size_t length) {
  struct lesson *lesson = shortcuts == NULL ? NULL : shortcuts->lesson;
  if (lesson == NULL || lesson->number == 0) return;
  lesson->effects++;
  if (lesson->from != NULL) return;
  lesson->to = *to;
  keep_head(lesson, bytes, length, lesson->bytes, lesson->length);
}

void shortcuts_saw_packets(struct shortcuts *shortcuts, const uint8_t *first, const struct rows *rows) {
  struct lesson *lesson = shortcuts == NULL ? NULL : shortcuts->lesson;
  if (lesson == NULL || lesson->number == 0) return;
  lesson->effects++;
  if (lesson->from == NULL || rows->count != 1 || !is_simple(first, rows->length)) return;
  keep_head(lesson, lesson->bytes, lesson->length, first, rows->length);
}

void shortcuts_saw_other(struct shortcuts *shortcuts) {
  if (shortcuts != NULL && shortcuts->lesson != NULL) shortcuts->lesson->effects += 2;
}
