/*
 * Addresses of the host, by netlink (rtnetlink(7)). JavaScript opens a handle, which reports that addresses or routes have
 * changed; then JavaScript reads all devices and addresses at once. So nothing is lost when the kernel drops notifications
 * (ENOBUFS).
 *
 * Notifications: libuv -> handle.c -> netlink_read, which looks at the types of the messages -> `onChange` of JavaScript, once
 * per read cycle. The messages of a dump go to JavaScript, which decodes them (netlink-messages.ts).
 */
#include "netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "handle.h"

#define MESSAGES_BYTES (32u << 10)

/* Greatest length of a dump. A device takes less than 2 KiB, an address about 100 bytes. */
#define DUMP_MAX (16u << 20)

/* Time limit of the answer to a dump. Normally the kernel answers at once. */
#define DUMP_SECONDS 1

/* Bits of the change that `onChange` gets. */
#define ADDRESSES 1
#define ROUTES 2
#define EVERYTHING (ADDRESSES | ROUTES)

#define GROUPS (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)

/* Buffer of netlink messages. */
union messages {
  struct nlmsghdr first;
  uint8_t bytes[MESSAGES_BYTES];
};

static int change_of(const struct nlmsghdr *message) {
  switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return ADDRESSES;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return ROUTES;
    default:
      return 0;
  }
}

static int changes_in(const union messages *messages, int length) {
  int changes = 0;
  for (const struct nlmsghdr *at = &messages->first; NLMSG_OK(at, length); at = NLMSG_NEXT(at, length)) changes |= change_of(at);
  return changes;
}

/*
 * Reads one datagram of notifications into `changes`. Returns false when there is none. After an overrun or a truncated
 * datagram, sets all bits of `changes`.
 */
static bool read_changes(int fd, int *changes) {
  union messages messages;
  ssize_t length = recv(fd, &messages, sizeof messages, MSG_DONTWAIT | MSG_TRUNC);
  if (length < 0 && errno == EINTR) return true;
  if (length < 0 && errno != ENOBUFS) return false;
  *changes |= length < 0 || (size_t)length > sizeof messages ? EVERYTHING : changes_in(&messages, (int)length);
  return true;
}

static bool netlink_read(struct handle *handle, int error) {
  int changes = 0;
  for (uint32_t reads = 0; error == 0 && reads < handle->reads_max && read_changes(handle->fd, &changes);) reads++;
  const int32_t numbers[] = {changes};
  if (changes != 0) handle_call(handle, 1, numbers);
  return error == 0;
}

/* start(onChange) */
static napi_value netlink_start(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  struct handle *handle = handle_self(env, info, &count, &argument);
  if (handle == NULL) return failure_value(env, (struct failure){EBADF, "start"});
  return failure_value(env, handle_start(handle, argument));
}

static const struct method METHODS[] = {
    {"start", netlink_start},
    {"close", handle_close},
};

static int open_socket(uint32_t groups) {
  const struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = groups};
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | (groups == 0 ? 0 : SOCK_NONBLOCK), NETLINK_ROUTE);
  if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof own) == 0) return fd;
  int number = errno;
  close(fd);
  errno = number;
  return -1;
}

napi_value netlink_open(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value object;
  int fd = open_socket(GROUPS);
  if (fd < 0) return failure_value(env, (struct failure){errno, "netlink"});
  struct handle *handle = calloc(1, sizeof *handle);
  if (handle == NULL) {
    close(fd);
    return failure_value(env, (struct failure){ENOMEM, "malloc"});
  }
  handle->fd = fd;
  handle->read = netlink_read;
  napi_create_object(env, &object);
  struct failure failure = handle_adopt(env, object, handle, "MosaicNetlink", METHODS, sizeof METHODS / sizeof *METHODS);
  return failure.number == 0 ? object : failure_value(env, failure);
}

/* The messages of a dump so far. */
struct dump {
  uint8_t *bytes;
  size_t length;
  size_t room;
};

static struct failure append(struct dump *dump, const void *bytes, size_t length) {
  if (length > DUMP_MAX - dump->length) return (struct failure){E2BIG, "netlink"};
  if (dump->length + length > dump->room) {
    size_t room = 2 * (dump->length + length);
    uint8_t *larger = realloc(dump->bytes, room);
    if (larger == NULL) return (struct failure){ENOMEM, "malloc"};
    dump->bytes = larger;
    dump->room = room;
  }
  memcpy(dump->bytes + dump->length, bytes, length);
  dump->length += length;
  return NO_FAILURE;
}

static struct failure request_dump(int fd, uint16_t type) {
  const struct {
    struct nlmsghdr head;
    struct ifinfomsg link;
    struct rtattr attribute;
    uint32_t filter;
  } request = {
      .head = {.nlmsg_len = sizeof request, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
      .link = {.ifi_family = AF_UNSPEC},
      .attribute = {.rta_len = RTA_LENGTH(sizeof request.filter), .rta_type = IFLA_EXT_MASK},
      .filter = RTEXT_FILTER_SKIP_STATS,
  };
  return send(fd, &request, sizeof request, 0) < 0 ? (struct failure){errno, "netlink"} : NO_FAILURE;
}

/* Returns the message in a datagram that ends a dump, NLMSG_DONE or NLMSG_ERROR; NULL when the datagram has no such message. */
static const struct nlmsghdr *end_in(const union messages *messages, int length) {
  for (const struct nlmsghdr *at = &messages->first; NLMSG_OK(at, length); at = NLMSG_NEXT(at, length)) {
    if (at->nlmsg_type == NLMSG_DONE || at->nlmsg_type == NLMSG_ERROR) return at;
  }
  return NULL;
}

static struct failure error_of(const struct nlmsghdr *end) {
  if (end->nlmsg_type == NLMSG_DONE) return NO_FAILURE;
  int number = end->nlmsg_len < NLMSG_LENGTH(sizeof number) ? -EIO : *(const int *)NLMSG_DATA(end);
  return (struct failure){number == 0 ? EIO : -number, "netlink"};
}

static struct failure read_dump(int fd, uint16_t type, struct dump *dump) {
  union messages messages;
  struct failure failure = request_dump(fd, type);
  while (failure.number == 0) {
    ssize_t length = recv(fd, &messages, sizeof messages, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return (struct failure){length < 0 ? errno : EIO, "netlink"};
    const struct nlmsghdr *end = end_in(&messages, (int)length);
    if (end != NULL && end->nlmsg_type == NLMSG_ERROR) return error_of(end);
    failure = append(dump, &messages, (size_t)length);
    if (end != NULL) break;
  }
  return failure;
}

static struct failure dump_all(struct dump *dump) {
  const struct timeval limit = {.tv_sec = DUMP_SECONDS};
  int fd = open_socket(0);
  if (fd < 0) return (struct failure){errno, "netlink"};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  struct failure failure = read_dump(fd, RTM_GETLINK, dump);
  if (failure.number == 0) failure = read_dump(fd, RTM_GETADDR, dump);
  close(fd);
  return failure;
}

napi_value netlink_dump(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value value;
  struct dump dump = {NULL, 0, 0};
  struct failure failure = dump_all(&dump);
  if (failure.number == 0) napi_create_buffer_copy(env, dump.length, dump.bytes, NULL, &value);
  else value = failure_value(env, failure);
  free(dump.bytes);
  return value;
}
