/*
 * Outbound to the network: sends trains and queued datagrams in as few system calls as possible. Called by udp.c on the thread
 * of the event loop, with bytes that belong to JavaScript and are copied by the kernel before a call returns.
 *
 *  - A run (struct run) is sent by one sendmsg with GSO: datagrams of one length, destination and traffic class; the last may
 *    be shorter.
 *  - A batch (struct batch) is sent by one sendmmsg: any datagrams.
 *
 * Nothing here waits: a full send buffer counts as ENOBUFS.
 */
#define _GNU_SOURCE
#include "udp-send.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "reply-source.h"
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

/*
 * Datagrams with one destination, one traffic class and one length, `segment`; the last may be shorter. `bytes` is their total
 * length.
 */
struct run {
  struct iovec parts[SEGMENTS_MAX * PARTS_EACH];
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

static size_t size_of(const struct iovec *parts) {
  return parts[0].iov_len + parts[1].iov_len + parts[2].iov_len;
}

static void add_datagram(struct run *run, const struct iovec *parts) {
  memcpy(run->parts + run->count * PARTS_EACH, parts, PARTS_EACH * sizeof *parts);
  run->bytes += size_of(parts);
  run->count++;
}

static void begin(struct run *run, size_t segment, uint32_t traffic_class) {
  run->count = run->bytes = 0;
  run->segment = segment;
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
                        const struct iovec *parts, uint32_t traffic_class, struct udp_sent *sent) {
  if (batch->count == MESSAGES_MAX) flush(udp, batch, sent);
  size_t at = batch->count++;
  memcpy(batch->parts[at], parts, sizeof batch->parts[at]);
  batch->bytes[at] = size_of(parts);
  batch->messages[at].msg_hdr = (struct msghdr){.msg_name = (void *)to,
                                                .msg_namelen = udp_address_length(to),
                                                .msg_iov = batch->parts[at],
                                                .msg_iovlen = PARTS_EACH};
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
                           .msg_iovlen = run->count * PARTS_EACH};
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

static void count_failed(struct udp_sent *sent, const struct run *run, int number) {
  sent->error = number == EAGAIN ? ENOBUFS : number;
  sent->failed += (uint32_t)run->count;
}

static void send_singly(const struct udp_socket *udp, const union udp_address *to, struct run *run,
                        struct udp_sent *sent) {
  struct batch batch;
  batch.count = 0;
  for (size_t at = 0; at < run->count; at++) {
    add_message(udp, &batch, to, run->parts + at * PARTS_EACH, run->traffic_class, sent);
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
  if (!is_gso_error(number)) return count_failed(sent, run, number);
  sent->segment_error = number;
  if (number == EIO) udp->gso = false;
  send_singly(udp, to, run, sent);
}

struct udp_sent udp_send_segments(struct udp_socket *udp, const union udp_address *to, const struct udp_frame *frame,
                              const uint8_t *bytes, const struct segments *segments, uint32_t traffic_class, bool gso) {
  struct udp_sent sent = {0};
  struct run run;
  size_t datagram_length = frame->head.iov_len + segments->length + frame->tail.iov_len;
  begin(&run, datagram_length, traffic_class);
  for (size_t at = 0; at < segments->count; at++) {
    bool is_last = at + 1 == segments->count;
    const struct iovec parts[PARTS_EACH] = {is_last ? frame->last_head : frame->head,
                                            {(void *)(bytes + segment_at(segments, at)), segment_length(segments, at)},
                                            is_last ? frame->last_tail : frame->tail};
    if (!has_room(&run, size_of(parts))) {
      send_run(udp, to, &run, gso, &sent);
      begin(&run, datagram_length, traffic_class);
    }
    add_datagram(&run, parts);
  }
  send_run(udp, to, &run, gso, &sent);
  return sent;
}

static const union udp_address *address_at(const uint8_t *queue, const struct udp_queued *queued) {
  return (const union udp_address *)(queue + queued->at);
}

static struct iovec bytes_at(const uint8_t *queue, const struct udp_queued *queued) {
  return (struct iovec){(void *)(queue + queued->at + sizeof(union udp_address)), queued->length};
}

static bool same_path(const uint8_t *queue, const struct udp_queued *one, const struct udp_queued *other) {
  return one->traffic_class == other->traffic_class &&
         memcmp(queue + one->at, queue + other->at, sizeof(union udp_address)) == 0;
}

/* Fills a run with queued datagrams from the first one on, and returns their number: 1 or more. */
static size_t gather(const uint8_t *queue, const struct udp_queued *queued, size_t count, struct run *run) {
  size_t taken = 0;
  begin(run, queued->length, queued->traffic_class);
  do {
    const struct iovec parts[PARTS_EACH] = {bytes_at(queue, queued + taken), {NULL, 0}, {NULL, 0}};
    add_datagram(run, parts);
    if (queued[taken++].length < run->segment || run->segment == 0) break;
  } while (taken < count && has_room(run, queued[taken].length) && same_path(queue, queued, queued + taken));
  return taken;
}

struct udp_sent udp_send_queued(struct udp_socket *udp, const uint8_t *queue, const struct udp_queued *queued,
                                 size_t count, bool gso) {
  struct udp_sent sent = {0};
  struct batch batch;
  struct run run;
  batch.count = 0;
  for (size_t at = 0, taken = 0; at < count; at += taken) {
    const union udp_address *to = address_at(queue, queued + at);
    taken = gather(queue, queued + at, count - at, &run);
    if (taken == 1) {
      add_message(udp, &batch, to, run.parts, run.traffic_class, &sent);
      continue;
    }
    flush(udp, &batch, &sent);
    send_run(udp, to, &run, gso, &sent);
  }
  flush(udp, &batch, &sent);
  return sent;
}
