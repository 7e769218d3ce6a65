/*
 * Inbound from the network: receives datagrams and combines them into trains. Called by udp.c once per read cycle and socket,
 * on the thread of the event loop; udp.c hands the index to JavaScript.
 *
 *  1. receive_round: up to AT_ONCE datagrams by one recvmmsg, each into its slot. GRO may put a train into one slot.
 *  2. enter: a new entry of the index, or one more segment of the train before it.
 *  3. measure_common_prefix: the prefix that all segments share, so that JavaScript decodes the headers of a train once.
 */
#define _GNU_SOURCE
#include "udp-receive.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "clock.h"
#include "reply-source.h"
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
  received->count++;
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
                                struct reply_sources *sources) {
  struct udp_received received = {0, 0};
  struct round round;
  size_t slot = 0, bytes = 0, slots = slots_max < room->slots ? slots_max : room->slots;
  while (slot < slots && bytes < BYTES_MAX) {
    size_t wanted = slots - slot < AT_ONCE ? slots - slot : AT_ONCE;
    prepare(&round, room, slot, wanted);
    int got = receive_round(fd, &round, wanted);
    if (got < 0) received.error = error_of(errno);
    for (int at = 0; at < got; at++) {
      uint32_t offset = (uint32_t)((slot + (size_t)at) * UDP_SLOT), length = round.messages[at].msg_len;
      struct notes notes = notes_of(&round.messages[at].msg_hdr);
      enter(room, &received, offset, length, notes, &round.senders[at]);
      reply_source_note(sources, &round.senders[at], &notes.own);
      bytes += length;
    }
    if (got < (int)wanted || thread_clock_ns() >= until) break;
    slot += wanted;
  }
  for (uint32_t at = 0; at < received.count; at++) measure_common_prefix(room, room->index + at * UDP_INDEX_WORDS);
  return received;
}
