/*
 * A UDP socket as a JavaScript object, and both ends of its datagram path.
 *
 * Inbound: libuv -> handle.c -> udp_read -> udp_receive (udp-receive.c), first from the control socket, then from the data
 * socket -> `onRead` of JavaScript (native-datagrams.ts), once per read cycle. A datagram that is alone in its cycle first
 * tries the flow cache, which may write its packet to the TUN device without JavaScript.
 * Outbound: native-datagrams.ts -> `sendQueued` for single datagrams, collected over an I/O batch, or `sendTrain` for a packet
 * train -> udp-send.c -> the kernel.
 *
 * Memory: all arrays belong to JavaScript, which must not resize or transfer them. JavaScript writes the send queue and reads
 * the result words; C does the opposite. Received bytes are valid until the next read, and there is no next read before
 * JavaScript has processed everything. Everything runs on the thread of the event loop.
 */
#include "udp.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "handle.h"
#include "links.h"
#include "reply-source.h"
#include "udp-receive.h"
#include "udp-send.h"
#include "udp-socket.h"
#include "udp-steering.h"

#define SENT_WORDS 6
#define HOST_MAX 256

/* Greatest number of datagrams that a read cycle receives from the control socket. */
#define CONTROL_SLOTS 8u

struct udp {
  struct handle handle;
  struct udp_socket socket;
  struct udp_room room, control_room;
  const uint8_t *queue;
  size_t queue_length;
  const struct udp_queued *queued;
  size_t queued_max;
  uint32_t *sent;
};

static napi_value failed(napi_env env, int number, const char *call) {
  return failure_value(env, (struct failure){number, call});
}

bool udp_read_address(napi_env env, napi_value value, union udp_address *address) {
  size_t length = 0;
  const uint8_t *bytes = bytes_of(env, value, &length);
  memset(address, 0, sizeof *address);
  if (bytes == NULL || length > sizeof *address || length < sizeof address->v4) return false;
  memcpy(address, bytes, length);
  return udp_address_length(address) > 0;
}

static void deliver(struct handle *handle, uint32_t control, const struct udp_received *received) {
  const int32_t numbers[] = {(int32_t)control, (int32_t)received->count, received->error};
  if (control > 0 || received->count > 0 || received->error != 0) handle_call(handle, 3, numbers);
}

/* Whether a read cycle has brought one datagram. Messages of the handshake are none: the rules never see them. */
static bool is_single(const struct udp *udp, uint32_t control, const struct udp_received *received) {
  if (udp->socket.sessions != NULL && udp->room.index[UDP_INDEX_LINK] == 0) return false;
  return control == 0 && received->count == 1 && received->error == 0 && udp->room.index[UDP_INDEX_COUNT] == 1;
}

/*
 * Delivers the packet from the flow cache, or else calls JavaScript and records the run. After a delivery the device is polled
 * at once: the kernel has answered a ping by the time the write returns.
 */
static void deliver_single(struct udp *udp, const struct udp_received *received) {
  struct handle *handle = &udp->handle;
  union udp_address from;
  memcpy(&from, udp->room.index + UDP_INDEX_ADDRESS, sizeof from);
  uint8_t *bytes = udp->room.arena + udp->room.index[0];
  struct recording recording = {.from = &from, .bytes = bytes, .length = udp->room.index[1],
                                .traffic_class = udp->room.index[UDP_INDEX_TRAFFIC_CLASS],
                                .link = udp->room.index[UDP_INDEX_LINK]};
  if (flow_cache_deliver(handle->flow_cache, &recording, bytes)) return handle_poll_now(handle->other);
  recording_begin(handle->flow_cache, &recording);
  deliver(handle, 0, received);
  recording_end(handle->flow_cache, &recording);
}

static bool udp_read(struct handle *handle, int error) {
  struct udp *udp = (struct udp *)handle;
  struct udp_received control = {0, 0}, received = {0, error};
  const struct udp_peers peers = {udp->socket.sources, udp->socket.sessions};
  int64_t until = handle->cycle_start_ns + HANDLE_READ_NS;
  if (peers.sessions != NULL) sessions_tick(peers.sessions);
  if (error == 0 && udp->socket.control_fd >= 0) {
    control = udp_receive(udp->socket.control_fd, &udp->control_room, udp->control_room.slots, until, &peers);
  }
  if (error == 0) received = udp_receive(udp->socket.fd, &udp->room, handle->reads_max, until, &peers);
  if (received.error == 0) received.error = control.error;
  if (is_single(udp, control.count, &received)) deliver_single(udp, &received);
  else deliver(handle, control.count, &received);
  return error == 0;
}

const struct udp_socket *udp_socket_of(const struct handle *handle) {
  return handle->read == udp_read ? &((const struct udp *)handle)->socket : NULL;
}

/* prepare(queue, queued, sent) */
static napi_value udp_prepare(napi_env env, napi_callback_info info) {
  size_t count = 3, queued = 0, sent = 0;
  napi_value arguments[3];
  struct udp *udp = (struct udp *)handle_self(env, info, &count, arguments);
  if (udp == NULL || udp->sent != NULL) return failed(env, EBADF, "prepare");
  udp->queue = handle_keep(&udp->handle, 2, arguments[0], &udp->queue_length);
  udp->queued = handle_keep(&udp->handle, 3, arguments[1], &queued);
  udp->queued_max = queued / sizeof *udp->queued;
  uint32_t *words = handle_keep(&udp->handle, 4, arguments[2], &sent);
  if (sent < SENT_WORDS * sizeof *words) return failed(env, EINVAL, "prepare");
  udp->sent = words;
  return failure_value(env, NO_FAILURE);
}

/* Gives the first CONTROL_SLOTS slots to the control socket, and so many entries of the index with UDP_SPARE more. */
static void divide_room(struct udp_room *room, struct udp_room *control) {
  *control = *room;
  control->slots = CONTROL_SLOTS;
  control->entries = CONTROL_SLOTS + UDP_SPARE;
  room->slots -= CONTROL_SLOTS;
  room->entries -= control->entries;
  room->arena += (size_t)CONTROL_SLOTS * UDP_SLOT;
  room->index += control->entries * UDP_INDEX_WORDS;
}

/* start(arena, index, trainMax, onRead) */
static napi_value udp_start(napi_env env, napi_callback_info info) {
  size_t count = 4, arena = 0, index = 0;
  napi_value arguments[4];
  struct udp *udp = (struct udp *)handle_self(env, info, &count, arguments);
  if (udp == NULL || udp->handle.on_read != NULL) return failed(env, EBADF, "start");
  udp->room.arena = handle_keep(&udp->handle, 0, arguments[0], &arena);
  udp->room.index = handle_keep(&udp->handle, 1, arguments[1], &index);
  napi_get_value_uint32(env, arguments[2], &udp->room.train_max);
  udp->room.slots = arena / UDP_SLOT;
  udp->room.entries = index / (UDP_INDEX_WORDS * sizeof(uint32_t));
  if (udp->room.slots <= CONTROL_SLOTS || udp->room.entries < udp->room.slots + 2 * UDP_SPARE) return failed(env, EINVAL, "start");
  divide_room(&udp->room, &udp->control_room);
  return failure_value(env, handle_start(&udp->handle, arguments[3]));
}

/* Writes the result words given to `prepare`. Returns an errno, or 0. */
static napi_value report(napi_env env, struct udp *udp, const struct udp_sent *sent) {
  const uint32_t words[SENT_WORDS] = {sent->datagrams, (uint32_t)sent->bytes,          sent->failed,
                                      sent->segmented, (uint32_t)sent->segment_error, udp->socket.gso};
  memcpy(udp->sent, words, sizeof words);
  return number_value(env, sent->error);
}

static napi_value nothing_sent(napi_env env, struct udp *udp, int number, uint32_t datagrams) {
  const struct udp_sent sent = {.failed = datagrams, .error = number};
  return udp == NULL || udp->sent == NULL ? number_value(env, number) : report(env, udp, &sent);
}

static bool is_destination(const uint8_t *bytes) {
  const struct udp_destination *to = (const struct udp_destination *)bytes;
  return to->link != 0 || udp_address_length(&to->address) > 0;
}

/* Reads the frame of a train from the start of the queue: the destination, then four parts of the given lengths. */
static bool read_frame(const struct udp *udp, const uint32_t *lengths, struct udp_frame *frame) {
  struct iovec *parts[] = {&frame->head, &frame->tail, &frame->last_head, &frame->last_tail};
  size_t at = sizeof(struct udp_destination);
  if (at > udp->queue_length || !is_destination(udp->queue)) return false;
  for (size_t part = 0; part < sizeof parts / sizeof *parts; at += lengths[part++]) {
    if (lengths[part] > udp->queue_length - at) return false;
    *parts[part] = (struct iovec){(void *)(udp->queue + at), lengths[part]};
  }
  return true;
}

/*
 * sendTrain(head, tail, lastHead, lastTail, train, stride, count, lastAt, lastLength, trafficClass, gso); the first four are
 * lengths.
 */
static napi_value udp_send_train(napi_env env, napi_callback_info info) {
  size_t count = 11, bytes = 0;
  napi_value arguments[11];
  uint32_t lengths[4] = {0}, numbers[5] = {0};
  bool gso = false;
  struct segments segments;
  struct udp_frame frame;
  struct udp *udp = (struct udp *)handle_self(env, info, &count, arguments);
  if (udp == NULL || udp->sent == NULL) return number_value(env, EBADF);
  for (size_t at = 0; at < 4; at++) napi_get_value_uint32(env, arguments[at], &lengths[at]);
  const uint8_t *first = memory_of(env, arguments[4], &segments.length, &bytes);
  for (size_t at = 0; at < 5; at++) napi_get_value_uint32(env, arguments[5 + at], &numbers[at]);
  napi_get_value_bool(env, arguments[10], &gso);
  segments.stride = numbers[0], segments.count = numbers[1], segments.last_at = numbers[2], segments.last_length = numbers[3];
  if (first == NULL || !read_frame(udp, lengths, &frame) || !segments_are_within(&segments, bytes)) {
    return nothing_sent(env, udp, EINVAL, numbers[1]);
  }
  const struct udp_destination *to = (const struct udp_destination *)udp->queue;
  flow_cache_note_other(udp->handle.flow_cache);
  struct udp_sent sent = udp_send_segments(&udp->socket, to, &frame, first, &segments, numbers[4] & UINT8_MAX, gso);
  return report(env, udp, &sent);
}

static bool is_within(const struct udp *udp, const struct udp_queued *queued) {
  size_t before = queued->at + sizeof(struct udp_destination);
  if (queued->at % sizeof(uint32_t) != 0 || before > udp->queue_length) return false;
  if (queued->length > udp->queue_length - before || queued->traffic_class > UINT8_MAX) return false;
  return is_destination(udp->queue + queued->at);
}

static void note_queued(const struct udp *udp, const struct udp_queued *queued) {
  const uint8_t *to = udp->queue + queued->at;
  const uint8_t *bytes = to + sizeof(struct udp_destination);
  flow_cache_note_datagram(udp->handle.flow_cache, (const struct udp_destination *)to, bytes, queued->length,
                           queued->traffic_class);
}

/* sendQueued(count, gso): sends the first `count` datagrams of the queue. Returns an errno, or 0. */
static napi_value udp_send_queue(napi_env env, napi_callback_info info) {
  size_t arguments_count = 2;
  napi_value arguments[2];
  uint32_t count = 0;
  bool gso = false;
  struct udp *udp = (struct udp *)handle_self(env, info, &arguments_count, arguments);
  if (udp == NULL || udp->sent == NULL) return number_value(env, EBADF);
  napi_get_value_uint32(env, arguments[0], &count);
  napi_get_value_bool(env, arguments[1], &gso);
  if (count > udp->queued_max) return nothing_sent(env, udp, EINVAL, count);
  for (size_t at = 0; at < count; at++) {
    if (!is_within(udp, udp->queued + at)) return nothing_sent(env, udp, EINVAL, count);
  }
  if (count != 1) flow_cache_note_other(udp->handle.flow_cache);
  else note_queued(udp, udp->queued);
  struct udp_sent sent = udp_send_queued(&udp->socket, udp->queue, udp->queued, count, gso);
  return report(env, udp, &sent);
}

/* Reads `(to, link, bytes)`. Returns NULL when the arguments are wrong or the handle is closed. */
static struct udp *read_datagram(napi_env env, napi_callback_info info, struct udp_destination *to, struct iovec *bytes) {
  size_t count = 3;
  napi_value arguments[3];
  struct udp *udp = (struct udp *)handle_self(env, info, &count, arguments);
  if (udp == NULL) return NULL;
  bytes->iov_base = bytes_of(env, arguments[2], &bytes->iov_len);
  to->link = 0;
  napi_get_value_uint32(env, arguments[1], &to->link);
  bool is_address = udp_read_address(env, arguments[0], &to->address);
  return bytes->iov_base != NULL && (is_address || to->link != 0) ? udp : NULL;
}

/* probe(to, link, bytes): returns an errno, or 0. */
static napi_value udp_send_probe(napi_env env, napi_callback_info info) {
  struct udp_destination to;
  struct iovec bytes;
  const struct udp *udp = read_datagram(env, info, &to, &bytes);
  if (udp == NULL) return number_value(env, EINVAL);
  flow_cache_note_other(udp->handle.flow_cache);
  return number_value(env, udp_probe(&udp->socket, &to, bytes.iov_base, bytes.iov_len));
}

/* sendPlain(to, 0, bytes): returns an errno, or 0. */
static napi_value udp_send_handshake(napi_env env, napi_callback_info info) {
  struct udp_destination to;
  struct iovec bytes;
  const struct udp *udp = read_datagram(env, info, &to, &bytes);
  if (udp == NULL || to.link != 0) return number_value(env, EINVAL);
  flow_cache_note_other(udp->handle.flow_cache);
  return number_value(env, udp_send_plain(&udp->socket, &to.address, bytes.iov_base, bytes.iov_len));
}

/* guard(links): from now on only sealed datagrams and messages of the handshake are received. Returns an errno, or 0. */
static napi_value udp_guard(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  struct udp *udp = (struct udp *)handle_self(env, info, &count, &argument);
  struct sessions *sessions = udp == NULL ? NULL : links_of(env, argument);
  if (sessions == NULL || udp->socket.sessions != NULL) return number_value(env, EINVAL);
  handle_hold(&udp->handle, 5, argument);
  udp->socket.sessions = sessions;
  return number_value(env, 0);
}

static napi_value address_value(napi_env env, const union udp_address *address) {
  napi_value value;
  napi_create_buffer_copy(env, udp_address_length(address), address, NULL, &value);
  return value;
}

static const struct method METHODS[] = {
    {"prepare", udp_prepare},
    {"start", udp_start},
    {"sendTrain", udp_send_train},
    {"sendQueued", udp_send_queue},
    {"probe", udp_send_probe},
    {"sendPlain", udp_send_handshake},
    {"guard", udp_guard},
    {"resume", handle_resume},
    {"readCycles", handle_read_cycles},
    {"close", handle_close},
};

static napi_value object_of(napi_env env, const struct udp_socket *udp) {
  napi_value object, address, gso, gro, control;
  union udp_address bound;
  socklen_t length = sizeof bound;
  memset(&bound, 0, sizeof bound);
  getsockname(udp->fd, &bound.any, &length);
  napi_create_object(env, &object);
  address = address_value(env, &bound);
  napi_get_boolean(env, udp->gso, &gso);
  napi_get_boolean(env, udp->gro, &gro);
  napi_get_boolean(env, udp->control_fd >= 0, &control);
  const napi_property_descriptor properties[] = {
      {"address", NULL, NULL, NULL, NULL, address, napi_enumerable, NULL},
      {"gso", NULL, NULL, NULL, NULL, gso, napi_enumerable, NULL},
      {"gro", NULL, NULL, NULL, NULL, gro, napi_enumerable, NULL},
      {"control", NULL, NULL, NULL, NULL, control, napi_enumerable, NULL},
  };
  napi_define_properties(env, object, sizeof properties / sizeof *properties, properties);
  return object;
}

/* Returns an epoll descriptor that is readable when one of the two sockets is, or -1. */
static int watch_both(const struct udp_socket *udp) {
  struct epoll_event event = {.events = EPOLLIN};
  int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return -1;
  if (epoll_ctl(fd, EPOLL_CTL_ADD, udp->fd, &event) == 0 && epoll_ctl(fd, EPOLL_CTL_ADD, udp->control_fd, &event) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

static struct failure set_descriptors(struct handle *handle, struct udp_socket *udp) {
  handle->fd = udp->control_fd < 0 ? udp->fd : watch_both(udp);
  if (udp->control_fd < 0) return NO_FAILURE;
  handle->members[0] = udp->fd;
  handle->members[1] = udp->control_fd;
  handle->members_count = 2;
  if (handle->fd >= 0) return NO_FAILURE;
  struct failure failure = {errno, "epoll_create1"};
  close(udp->fd);
  close(udp->control_fd);
  return failure;
}

static napi_value open_socket(napi_env env, const union udp_address *at, struct udp_options options, struct udp *udp) {
  options.gso = options.gso && udp_gso_works();
  options.gro = options.gro && udp_gro_works();
  options.sources = is_wildcard(at) ? (struct reply_sources *)(udp + 1) : NULL;
  struct failure failure = udp_socket_open(at, options, &udp->socket);
  if (failure.number == 0) failure = set_descriptors(&udp->handle, &udp->socket);
  if (failure.number != 0) {
    free(udp);
    return failure_value(env, failure);
  }
  napi_value object = object_of(env, &udp->socket);
  udp->handle.read = udp_read;
  failure = handle_adopt(env, object, &udp->handle, "MosaicUdp", METHODS, sizeof METHODS / sizeof *METHODS);
  return failure.number == 0 ? object : failure_value(env, failure);
}

/* openUdp(address, gso, gro, packets, trafficClass, shares) */
napi_value udp_open(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value arguments[6];
  union udp_address at;
  struct udp_options options = {0};
  uint32_t traffic_class = 0;
  size_t length = 0;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_bool(env, arguments[1], &options.gso);
  napi_get_value_bool(env, arguments[2], &options.gro);
  const uint8_t *bytes = bytes_of(env, arguments[3], &length);
  napi_get_value_uint32(env, arguments[4], &traffic_class);
  napi_get_value_bool(env, arguments[5], &options.shares);
  options.traffic_class = (uint8_t)traffic_class;
  uint32_t packets[UDP_PACKET_KINDS];
  if (!udp_read_address(env, arguments[0], &at)) return failed(env, EINVAL, "bind");
  if (length != 0 && (bytes == NULL || length != sizeof packets)) return failed(env, EINVAL, "setsockopt");
  if (length != 0) memcpy(packets, bytes, sizeof packets);
  options.packets = length == 0 ? NULL : packets;
  /* The sources of replies follow the handle in memory, because the handle is freed last. */
  struct udp *udp = calloc(1, sizeof *udp + (is_wildcard(&at) ? sizeof(struct reply_sources) : 0));
  return udp == NULL ? failed(env, ENOMEM, "malloc") : open_socket(env, &at, options, udp);
}

napi_value udp_socket_address(napi_env env, napi_callback_info info) {
  size_t count = 2, length = 0;
  napi_value arguments[2], none;
  char host[HOST_MAX] = "", service[8];
  uint32_t port = 0;
  const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *found = NULL;
  union udp_address address;
  napi_get_undefined(env, &none);
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_string_utf8(env, arguments[0], host, sizeof host, &length);
  napi_get_value_uint32(env, arguments[1], &port);
  snprintf(service, sizeof service, "%u", (unsigned)(port & UINT16_MAX));
  if (getaddrinfo(host, service, &hints, &found) != 0 || found == NULL) return none;
  memset(&address, 0, sizeof address);
  if (found->ai_addrlen <= sizeof address) memcpy(&address, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return udp_address_length(&address) > 0 ? address_value(env, &address) : none;
}

static napi_value host_text(napi_env env, const union udp_address *address) {
  napi_value text;
  char host[NI_MAXHOST] = "";
  getnameinfo(&address->any, udp_address_length(address), host, sizeof host, NULL, 0, NI_NUMERICHOST);
  napi_create_string_utf8(env, host, NAPI_AUTO_LENGTH, &text);
  return text;
}

napi_value udp_host_text(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  union udp_address address;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  udp_read_address(env, argument, &address);
  return host_text(env, &address);
}

napi_value udp_source_host(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  union udp_address to, source;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  memset(&source, 0, sizeof source);
  if (udp_read_address(env, argument, &to)) udp_source(&to, &source);
  return host_text(env, &source);
}

napi_value udp_path(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  union udp_address address;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  return number_value(env, udp_read_address(env, argument, &address) ? udp_path_mtu(&address) : 0);
}
