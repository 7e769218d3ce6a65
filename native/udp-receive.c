/*
 * Inbound from the network: receives datagrams and combines them into trains. Called by udp.c once per read cycle and socket,
 * on the thread of the event loop; udp.c hands the index to JavaScript.
 *
 *  1. receive_round: up to AT_ONCE datagrams by one recvmmsg, each into its slot. GRO may put a train into one slot.
 *  2. enter: a new entry of the index, or one more segment of the train before it. With sessions, enter_opened: each datagram of
 *     the slot is opened in place, and those that open become entries and segments.
 *  3. measure_common_prefix: the prefix that all segments share, so that JavaScript decodes the headers of a train once.
 */
#define _GNU_SOURCE
#include "udp-receive.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "clock.h"
#include "reply-source.h"
#include "sealed-datagram.h"
#include "sessions.h"
#include "traffic-class.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* Datagrams per system call, and bytes after which receiving ends, so that other descriptors get their turn. */
#define AT_ONCE 8u
#define BYTES_MAX (512u << 10)

#define ENTRY_LENGTH 1
#define ENTRY_STRIDE 2
#define ENTRY_COUNT UDP_INDEX_COUNT
#define ENTRY_LAST_AT 4
#define ENTRY_LAST_LENGTH 5
#define ENTRY_ADDRESS UDP_INDEX_ADDRESS
#define ENTRY_COMMON_PREFIX 13
#define ENTRY_TRAFFIC_CLASS UDP_INDEX_TRAFFIC_CLASS
#define ENTRY_LINK UDP_INDEX_LINK

/* Bound of the common prefix. Headers of overlays are not longer. */
#define COMMON_PREFIX_MAX 512u

/* Arguments of one recvmmsg. */
struct round {
  struct mmsghdr messages[AT_ONCE];
  struct iovec parts[AT_ONCE];
  union udp_address senders[AT_ONCE];
  union {
    char bytes[CMSG_SPACE(sizeof(int)) + TRAFFIC_CLASS_SPACE + REPLY_SOURCE_SPACE];
    struct cmsghdr align;
  } control[AT_ONCE];
};

static void prepare(struct round *round, const struct udp_room *room, size_t slot, size_t count) {
  memset(round->senders, 0, sizeof round->senders);
  for (size_t at = 0; at < count; at++) {
    round->parts[at] = (struct iovec){room->arena + (slot + at) * UDP_SLOT, UDP_SLOT};
    round->messages[at].msg_hdr = (struct msghdr){
        .msg_name = &round->senders[at],
        .msg_namelen = sizeof round->senders[at],
        .msg_iov = &round->parts[at],
        .msg_iovlen = 1,
        .msg_control = round->control[at].bytes,
        .msg_controllen = sizeof round->control[at].bytes,
    };
  }
}

/*
 * Control messages of a datagram: the length of the segments that GRO combined, 0 when it combined none; the traffic class; the
 * address of this host to which the datagram was sent, unspecified if the socket is bound to one address.
 */
struct notes {
  uint32_t segment;
  uint32_t traffic_class;
  struct in6_addr own;
};

static struct notes notes_of(struct msghdr *message) {
  struct notes notes = {0, 0, IN6ADDR_ANY_INIT};
  for (struct cmsghdr *note = CMSG_FIRSTHDR(message); note != NULL; note = CMSG_NXTHDR(message, note)) {
    int segment = 0;
    if (traffic_class_read(note, &notes.traffic_class) || reply_source_read(note, &notes.own)) continue;
    if (note->cmsg_level != IPPROTO_UDP || note->cmsg_type != UDP_GRO) continue;
    memcpy(&segment, CMSG_DATA(note), sizeof segment);
    notes.segment = segment > 0 ? (uint32_t)segment : 0;
  }
  return notes;
}

/*
 * Whether a datagram extends the train before it: same sender and traffic class, next slot, not longer, and no shorter datagram
 * in the train yet.
 */
static bool extends_train(const struct udp_room *room, const uint32_t *entry, uint32_t offset, uint32_t length,
                    uint32_t traffic_class, const union udp_address *sender) {
  if (length == 0 || length > entry[ENTRY_LENGTH] || entry[ENTRY_LAST_LENGTH] != entry[ENTRY_LENGTH]) return false;
  if (entry[ENTRY_STRIDE] != UDP_SLOT || entry[ENTRY_COUNT] >= room->train_max) return false;
  if (entry[0] + entry[ENTRY_COUNT] * UDP_SLOT != offset || entry[ENTRY_TRAFFIC_CLASS] != traffic_class) return false;
  return memcmp(entry + ENTRY_ADDRESS, sender, sizeof *sender) == 0;
}

static void enter(const struct udp_room *room, struct udp_received *received, uint32_t offset, uint32_t length,
                  struct notes notes, const union udp_address *sender) {
  uint32_t *entry = room->index + received->count * UDP_INDEX_WORDS;
  uint32_t *previous = entry - UDP_INDEX_WORDS;
  uint32_t segment = notes.segment;
  bool is_gro = segment > 0 && segment < length;
  if (received->count > 0 && !is_gro && extends_train(room, previous, offset, length, notes.traffic_class, sender)) {
    previous[ENTRY_LAST_AT] = previous[ENTRY_COUNT] * UDP_SLOT;
    previous[ENTRY_LAST_LENGTH] = length;
    previous[ENTRY_COUNT]++;
    return;
  }
  uint32_t count = is_gro ? (length + segment - 1) / segment : 1, last_at = (count - 1) * segment;
  const uint32_t words[ENTRY_ADDRESS] = {offset, is_gro ? segment : length, is_gro ? segment : UDP_SLOT, count,
                                         is_gro ? last_at : 0, is_gro ? length - last_at : length};
  memcpy(entry, words, sizeof words);
  memcpy(entry + ENTRY_ADDRESS, sender, sizeof *sender);
  entry[ENTRY_TRAFFIC_CLASS] = notes.traffic_class;
  entry[ENTRY_LINK] = 0;
  received->count++;
}

/* Whether an opened datagram at `offset` extends a train of opened datagrams. The second datagram sets the stride. */
static bool extends_opened(const struct udp_room *room, const uint32_t *entry, uint32_t offset, const struct opened *opened,
                           uint32_t traffic_class) {
  uint32_t stride = entry[ENTRY_COUNT] == 1 ? offset - entry[0] : entry[ENTRY_STRIDE];
  if (opened->link == 0 || entry[ENTRY_LINK] != opened->link || entry[ENTRY_TRAFFIC_CLASS] != traffic_class) return false;
  if (opened->length > entry[ENTRY_LENGTH] || entry[ENTRY_LAST_LENGTH] != entry[ENTRY_LENGTH]) return false;
  if (entry[ENTRY_COUNT] >= room->train_max || entry[0] + entry[ENTRY_COUNT] * stride != offset) return false;
  uint8_t flags = room->arena[entry[0] + PLAIN_FLAGS_AT];
  return flags == opened->flags && flags == 0;
}

static void enter_one(const struct udp_room *room, struct udp_received *received, uint32_t offset, const struct opened *opened,
                      uint32_t traffic_class, const union udp_address *sender) {
  uint32_t *entry = room->index + received->count * UDP_INDEX_WORDS, *previous = entry - UDP_INDEX_WORDS;
  if (received->count > 0 && extends_opened(room, previous, offset, opened, traffic_class)) {
    previous[ENTRY_LAST_AT] = offset - previous[0];
    previous[ENTRY_STRIDE] = previous[ENTRY_LAST_AT] / previous[ENTRY_COUNT]++;
    previous[ENTRY_LAST_LENGTH] = opened->length;
    return;
  }
  const uint32_t words[ENTRY_ADDRESS] = {offset, opened->length, UDP_SLOT, 1, 0, opened->length};
  memcpy(entry, words, sizeof words);
  memcpy(entry + ENTRY_ADDRESS, sender, sizeof *sender);
  entry[ENTRY_TRAFFIC_CLASS] = traffic_class;
  entry[ENTRY_LINK] = opened->link;
  received->count++;
}

/* Opens each datagram of a slot. Returns whether one of them may be received. */
static bool enter_opened(struct sessions *sessions, const struct udp_room *room, struct udp_received *received,
                         uint32_t offset, uint32_t length, struct notes notes, const union udp_address *sender) {
  uint32_t segment = notes.segment > 0 && notes.segment < length ? notes.segment : length;
  bool is_known = false;
  for (uint32_t at = 0; at < length; at += segment) {
    struct opened opened;
    uint32_t size = length - at < segment ? length - at : segment;
    if (received->count == room->entries) {
      sessions_count_overrun(sessions);
      break;
    }
    if (!sessions_open(sessions, room->arena + offset + at, size, sender, &opened)) continue;
    enter_one(room, received, offset + at + opened.at, &opened, notes.traffic_class, sender);
    is_known = true;
  }
  return is_known;
}

/* Returns the length of the common prefix of two segments of `length` bytes. */
static uint32_t common_prefix(const uint8_t *one, const uint8_t *other, uint32_t length) {
  uint32_t at = 0;
  if (memcmp(one, other, length) == 0) return length;
  while (one[at] == other[at]) at++;
  return at;
}

static void measure_common_prefix(const struct udp_room *room, uint32_t *entry) {
  uint32_t length = entry[ENTRY_LENGTH] < COMMON_PREFIX_MAX ? entry[ENTRY_LENGTH] : COMMON_PREFIX_MAX;
  uint32_t last = entry[ENTRY_COUNT] - 1;
  const uint8_t *first = room->arena + entry[0];
  for (uint32_t segment = 1; segment < last; segment++) {
    length = common_prefix(first, first + (size_t)segment * entry[ENTRY_STRIDE], length);
  }
  if (entry[ENTRY_LAST_LENGTH] == entry[ENTRY_LENGTH]) length = common_prefix(first, first + entry[ENTRY_LAST_AT], length);
  entry[ENTRY_COMMON_PREFIX] = length;
}

static int receive_round(int fd, struct round *round, size_t count) {
  int got;
  do got = recvmmsg(fd, round->messages, (unsigned)count, MSG_DONTWAIT, NULL);
  while (got < 0 && errno == EINTR);
  return got;
}

/* An empty socket is not an error. Other errors are pending errors of the socket, which keeps working after them. */
static int error_of(int number) {
  return number == EAGAIN ? 0 : number;
}

struct udp_received udp_receive(int fd, const struct udp_room *room, size_t slots_max, int64_t until,
                                const struct udp_peers *peers) {
  struct udp_received received = {0, 0};
  struct round round;
  size_t slot = 0, bytes = 0, slots = slots_max < room->slots ? slots_max : room->slots;
  while (slot < slots && bytes < BYTES_MAX && received.count < room->entries) {
    size_t wanted = slots - slot < AT_ONCE ? slots - slot : AT_ONCE;
    prepare(&round, room, slot, wanted);
    int got = receive_round(fd, &round, wanted);
    if (got < 0) received.error = error_of(errno);
    for (int at = 0; at < got; at++) {
      uint32_t offset = (uint32_t)((slot + (size_t)at) * UDP_SLOT), length = round.messages[at].msg_len;
      struct notes notes = notes_of(&round.messages[at].msg_hdr);
      const union udp_address *sender = &round.senders[at];
      bool is_known = true;
      if (peers->sessions == NULL) enter(room, &received, offset, length, notes, sender);
      else is_known = enter_opened(peers->sessions, room, &received, offset, length, notes, sender);
      if (is_known) reply_source_note(peers->sources, sender, &notes.own);
      bytes += length;
    }
    if (got < (int)wanted || thread_clock_ns() >= until) break;
    slot += wanted;
  }
  for (uint32_t at = 0; at < received.count; at++) measure_common_prefix(room, room->index + at * UDP_INDEX_WORDS);
  return received;
}
