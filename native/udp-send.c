/*
 * Outbound to the network: sends trains and queued datagrams in as few system calls as possible. Called by udp.c on the thread
 * of the event loop, with bytes that belong to JavaScript and are copied by the kernel before a call returns.
 *
 *  - A run (struct run) is sent by one sendmsg with GSO: datagrams of one length, destination and traffic class; the last may
 *    be shorter.
 *  - A batch (struct batch) is sent by one sendmmsg: any datagrams.
 *  - A datagram for a link is sealed when it is added to a run, from its parts straight into the send room of the sessions. The
 *    run or batch then consists of bytes of that room, which is cleared after they have left.
 *
 * Nothing here waits: a full send buffer counts as ENOBUFS.
 */
#define _GNU_SOURCE
#include "udp-send.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "reply-source.h"
#include "sealed-datagram.h"
#include "sessions.h"
#include "traffic-class.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

/* Greatest number of datagrams of a run. Kernels before 6.9 take 64, and count a header among them. */
#define SEGMENTS_MAX 63u
#define PARTS_EACH 3u
#define MESSAGES_MAX 64u

/* Greatest number of payload bytes of a run: 65535 less the UDP and the IPv4 header. */
#define PAYLOAD_MAX (65535u - 8u - 20u)

/* Free bytes of the send room that are enough for any run, and for any single datagram. */
#define ROOM_OF_RUN (65535u + SEALED_EXTRA)

/*
 * Datagrams with one destination, one traffic class and one length, `segment`; the last may be shorter. `bytes` is their total
 * length. Each has `parts_each` parts, a sealed one 1.
 */
struct run {
  struct iovec parts[SEGMENTS_MAX * PARTS_EACH];
  size_t parts_each;
  size_t count;
  size_t segment;
  size_t bytes;
  uint32_t traffic_class;
};

/* Datagrams for one sendmmsg, with their parts and lengths. */
struct batch {
  struct mmsghdr messages[MESSAGES_MAX];
  struct iovec parts[MESSAGES_MAX][PARTS_EACH];
  size_t bytes[MESSAGES_MAX];
  uint32_t traffic_class[MESSAGES_MAX];
  union {
    char bytes[TRAFFIC_CLASS_SPACE + REPLY_SOURCE_SPACE];
    struct cmsghdr align;
  } control[MESSAGES_MAX];
  size_t count;
};

static size_t size_of(const struct iovec *parts, size_t count) {
  size_t size = 0;
  for (size_t part = 0; part < count; part++) size += parts[part].iov_len;
  return size;
}

/* Adds a datagram of PARTS_EACH parts to a run, sealed if it is for a link. Returns an errno, or 0. */
static int add_datagram(const struct udp_socket *udp, struct run *run, const struct udp_destination *to,
                        const struct iovec *parts, bool is_bulk) {
  struct iovec *added = run->parts + run->count * run->parts_each;
  int number = 0;
  if (to->link == 0) memcpy(added, parts, PARTS_EACH * sizeof *parts);
  else number = sessions_seal(udp->sessions, to->link, parts, PARTS_EACH, is_bulk, added);
  if (number != 0) return number;
  run->bytes += size_of(added, run->parts_each);
  run->count++;
  return 0;
}

/* Number of bytes by which datagrams to a destination are longer than in plain. */
static size_t extra_of(const struct udp_destination *to) {
  return to->link == 0 ? 0 : SEALED_EXTRA;
}

/* Begins a run of datagrams that have up to `length` bytes in plain. */
static void begin(struct run *run, const struct udp_destination *to, size_t length, uint32_t traffic_class) {
  run->count = run->bytes = 0;
  run->parts_each = to->link == 0 ? PARTS_EACH : 1;
  run->segment = length + extra_of(to);
  run->traffic_class = traffic_class;
}

static bool has_room(const struct run *run, size_t length) {
  return run->count < SEGMENTS_MAX && run->bytes + length <= PAYLOAD_MAX && length <= run->segment;
}

/*
 * Writes the control messages of datagrams to an address, after the first `used` bytes: the traffic class, unless it is that of
 * the socket, and the source address.
 */
static void write_notes(const struct udp_socket *udp, struct msghdr *message, void *control, size_t used, uint32_t traffic_class) {
  const union udp_address *to = message->msg_name;
  size_t length = used;
  if (traffic_class != udp->traffic_class) {
    traffic_class_write((struct cmsghdr *)((char *)control + length), to, traffic_class);
    length += TRAFFIC_CLASS_SPACE;
  }
  length += reply_source_write(udp->sources, to, (char *)control + length);
  message->msg_control = length == 0 ? NULL : control;
  message->msg_controllen = length;
}

static void flush(const struct udp_socket *udp, struct batch *batch, struct udp_sent *sent) {
  for (size_t at = 0; at < batch->count;) {
    int done = sendmmsg(udp->fd, batch->messages + at, (unsigned)(batch->count - at), MSG_DONTWAIT);
    if (done < 0 && errno == EINTR) continue;
    struct msghdr *first = &batch->messages[at].msg_hdr;
    if (done < 0 && reply_source_failed(udp->sources, first->msg_name, errno)) {
      write_notes(udp, first, batch->control[at].bytes, 0, batch->traffic_class[at]);
      continue;
    }
    if (done < 0) {
      sent->error = errno == EAGAIN ? ENOBUFS : errno;
      sent->failed++;
      at++;
      continue;
    }
    for (int i = 0; i < done; i++, at++) sent->bytes += batch->bytes[at];
    sent->datagrams += (uint32_t)done;
  }
  batch->count = 0;
}

static void add_message(const struct udp_socket *udp, struct batch *batch, const union udp_address *to,
                        const struct iovec *parts, size_t parts_count, uint32_t traffic_class, struct udp_sent *sent) {
  if (batch->count == MESSAGES_MAX) flush(udp, batch, sent);
  size_t at = batch->count++;
  memcpy(batch->parts[at], parts, parts_count * sizeof *parts);
  batch->bytes[at] = size_of(parts, parts_count);
  batch->messages[at].msg_hdr = (struct msghdr){.msg_name = (void *)to,
                                                .msg_namelen = udp_address_length(to),
                                                .msg_iov = batch->parts[at],
                                                .msg_iovlen = parts_count};
  batch->traffic_class[at] = traffic_class;
  write_notes(udp, &batch->messages[at].msg_hdr, batch->control[at].bytes, 0, traffic_class);
}

/* Sends a run by one call with GSO. Returns an errno, or 0. */
static int send_segmented_once(const struct udp_socket *udp, const union udp_address *to, struct run *run) {
  union {
    char bytes[CMSG_SPACE(sizeof(uint16_t)) + TRAFFIC_CLASS_SPACE + REPLY_SOURCE_SPACE];
    struct cmsghdr align;
  } control = {0};
  struct msghdr message = {.msg_name = (void *)to, .msg_namelen = udp_address_length(to), .msg_iov = run->parts,
                           .msg_iovlen = run->count * run->parts_each};
  struct cmsghdr *note = &control.align;
  uint16_t segment = (uint16_t)run->segment;
  note->cmsg_level = IPPROTO_UDP;
  note->cmsg_type = UDP_SEGMENT;
  note->cmsg_len = CMSG_LEN(sizeof segment);
  memcpy(CMSG_DATA(note), &segment, sizeof segment);
  write_notes(udp, &message, control.bytes, CMSG_SPACE(sizeof segment), run->traffic_class);
  ssize_t length;
  do length = sendmsg(udp->fd, &message, MSG_DONTWAIT);
  while (length < 0 && errno == EINTR);
  return length < 0 ? errno : 0;
}

static int send_segmented(const struct udp_socket *udp, const union udp_address *to, struct run *run) {
  int number = send_segmented_once(udp, to, run);
  return number != 0 && reply_source_failed(udp->sources, to, number) ? send_segmented_once(udp, to, run) : number;
}

/* Whether an errno may be due to GSO. The same datagrams may then leave one by one. */
static bool is_gso_error(int number) {
  return number == EIO || number == EMSGSIZE || number == EINVAL;
}

static void count_failed(struct udp_sent *sent, size_t datagrams, int number) {
  sent->error = number == EAGAIN ? ENOBUFS : number;
  sent->failed += (uint32_t)datagrams;
}

static void send_singly(const struct udp_socket *udp, const union udp_address *to, struct run *run,
                        struct udp_sent *sent) {
  struct batch batch;
  batch.count = 0;
  for (size_t at = 0; at < run->count; at++) {
    add_message(udp, &batch, to, run->parts + at * run->parts_each, run->parts_each, run->traffic_class, sent);
  }
  flush(udp, &batch, sent);
}

static void send_run(struct udp_socket *udp, const union udp_address *to, struct run *run, bool gso,
                     struct udp_sent *sent) {
  if (run->count == 0) return;
  if (run->count == 1 || !gso || !udp->gso || sent->segment_error != 0) return send_singly(udp, to, run, sent);
  int number = send_segmented(udp, to, run);
  if (number == 0) {
    sent->datagrams += (uint32_t)run->count;
    sent->bytes += run->bytes;
    sent->segmented++;
    return;
  }
  if (!is_gso_error(number)) return count_failed(sent, run->count, number);
  sent->segment_error = number;
  if (number == EIO) udp->gso = false;
  send_singly(udp, to, run, sent);
}

/* Forgets the sealed datagrams that have left, and takes the time for those that follow. */
static void clear_room(const struct udp_socket *udp) {
  if (udp->sessions == NULL) return;
  sessions_clear_room(udp->sessions);
  sessions_tick(udp->sessions);
}

struct udp_sent udp_send_segments(struct udp_socket *udp, const struct udp_destination *to, const struct udp_frame *frame,
                              const uint8_t *bytes, const struct segments *segments, uint32_t traffic_class, bool gso) {
  struct udp_sent sent = {0};
  struct run run;
  const union udp_address *address = udp_address_of(udp, to);
  size_t datagram_length = frame->head.iov_len + segments->length + frame->tail.iov_len;
  begin(&run, to, datagram_length, traffic_class);
  clear_room(udp);
  for (size_t at = 0; at < segments->count; at++) {
    bool is_last = at + 1 == segments->count;
    const struct iovec parts[PARTS_EACH] = {is_last ? frame->last_head : frame->head,
                                            {(void *)(bytes + segment_at(segments, at)), segment_length(segments, at)},
                                            is_last ? frame->last_tail : frame->tail};
    if (!has_room(&run, size_of(parts, PARTS_EACH) + extra_of(to))) {
      send_run(udp, address, &run, gso, &sent);
      begin(&run, to, datagram_length, traffic_class);
      clear_room(udp);
    }
    int number = address == NULL ? ENOKEY : add_datagram(udp, &run, to, parts, true);
    if (number != 0) count_failed(&sent, 1, number);
  }
  send_run(udp, address, &run, gso, &sent);
  return sent;
}

static const struct udp_destination *destination_at(const uint8_t *queue, const struct udp_queued *queued) {
  return (const struct udp_destination *)(queue + queued->at);
}

static struct iovec bytes_at(const uint8_t *queue, const struct udp_queued *queued) {
  return (struct iovec){(void *)(queue + queued->at + sizeof(struct udp_destination)), queued->length};
}

static bool same_path(const uint8_t *queue, const struct udp_queued *one, const struct udp_queued *other) {
  return one->traffic_class == other->traffic_class &&
         memcmp(queue + one->at, queue + other->at, sizeof(struct udp_destination)) == 0;
}

/* Adds a queued datagram to a run, or counts it as failed. */
static void add_queued(const struct udp_socket *udp, const uint8_t *queue, const struct udp_queued *queued, struct run *run,
                       struct udp_sent *sent) {
  const struct udp_destination *to = destination_at(queue, queued);
  const struct iovec parts[PARTS_EACH] = {bytes_at(queue, queued), {NULL, 0}, {NULL, 0}};
  bool is_bulk = to->link != 0 && udp_is_bulk(udp->packets, parts[0].iov_base, parts[0].iov_len);
  int number = to->link != 0 && udp->sessions == NULL ? ENOKEY : add_datagram(udp, run, to, parts, is_bulk);
  if (number != 0) count_failed(sent, 1, number);
}

/* Fills a run with queued datagrams from the first one on, and returns their number: 1 or more. */
static size_t gather(const struct udp_socket *udp, const uint8_t *queue, const struct udp_queued *queued, size_t count,
                     struct run *run, struct udp_sent *sent) {
  const struct udp_destination *to = destination_at(queue, queued);
  size_t taken = 0, extra = extra_of(to), length;
  begin(run, to, queued->length, queued->traffic_class);
  do {
    length = queued[taken].length + extra;
    add_queued(udp, queue, queued + taken++, run, sent);
    if (length < run->segment || run->segment == 0) break;
  } while (taken < count && has_room(run, queued[taken].length + extra) && same_path(queue, queued, queued + taken));
  return taken;
}

struct udp_sent udp_send_queued(struct udp_socket *udp, const uint8_t *queue, const struct udp_queued *queued,
                                 size_t count, bool gso) {
  struct udp_sent sent = {0};
  struct batch batch;
  struct run run;
  batch.count = 0;
  for (size_t at = 0; at < count;) {
    const struct udp_destination *to = destination_at(queue, queued + at);
    if (udp->sessions != NULL && sessions_room(udp->sessions) < ROOM_OF_RUN) flush(udp, &batch, &sent);
    if (batch.count == 0) clear_room(udp);
    /* Taken first, because the session may be used up when the run has been gathered. */
    const union udp_address *address = udp_address_of(udp, to);
    at += gather(udp, queue, queued + at, count - at, &run, &sent);
    if (run.count == 1) {
      add_message(udp, &batch, address, run.parts, run.parts_each, run.traffic_class, &sent);
      continue;
    }
    flush(udp, &batch, &sent);
    send_run(udp, address, &run, gso, &sent);
  }
  flush(udp, &batch, &sent);
  return sent;
}
