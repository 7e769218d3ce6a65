/*
 * Opening of the data and the control socket of a port, socket options, and probes of the path MTU. Called by udp.c; datagrams
 * go through udp-receive.c and udp-send.c.
 */
#define _GNU_SOURCE
#include "udp-socket.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#include "reply-source.h"
#include "sessions.h"
#include "traffic-class.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

/* Wanted size of the buffers. The kernel limits it for users other than root. */
#define BUFFER_BYTES (7 << 20)

static void enlarge_buffers(int fd) {
  int bytes = BUFFER_BYTES;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
}

static void set_discovery(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

/*
 * Lets datagrams be fragmented, because the path MTU is not known at first. For IPv4 the kernel ignores the path MTU that ICMP
 * messages report, because anybody can forge such messages. The IPv4 option is also set on an IPv6 socket, which sends IPv4
 * too. Failures are ignored.
 */
static void allow_fragments(const struct udp_socket *udp) {
  set_discovery(udp->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  if (!udp->is_v6) return;
  set_discovery(udp->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT);
  set_discovery(udp->fd, IPPROTO_IPV6, IPV6_DONTFRAG, 0);
}

static void forbid_fragments(const struct udp_socket *udp) {
  set_discovery(udp->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  if (!udp->is_v6) return;
  set_discovery(udp->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  set_discovery(udp->fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
}

static int send_one(const struct udp_socket *udp, const union udp_address *to, const uint8_t *bytes, size_t length) {
  union {
    char bytes[REPLY_SOURCE_SPACE];
    struct cmsghdr align;
  } control = {0};
  struct iovec part = {(void *)bytes, length};
  struct msghdr message = {.msg_name = (void *)to, .msg_namelen = udp_address_length(to), .msg_iov = &part, .msg_iovlen = 1};
  message.msg_controllen = reply_source_write(udp->sources, to, control.bytes);
  if (message.msg_controllen > 0) message.msg_control = control.bytes;
  ssize_t sent;
  do sent = sendmsg(udp->fd, &message, MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

int udp_send_plain(const struct udp_socket *udp, const union udp_address *to, const uint8_t *bytes, size_t length) {
  int number = send_one(udp, to, bytes, length);
  return number != 0 && reply_source_failed(udp->sources, to, number) ? send_one(udp, to, bytes, length) : number;
}

const union udp_address *udp_address_of(const struct udp_socket *udp, const struct udp_destination *to) {
  const union udp_address *endpoint = NULL;
  if (to->link == 0) return &to->address;
  return sessions_can_seal(udp->sessions, to->link, &endpoint) ? endpoint : NULL;
}

static int seal_probe(const struct udp_socket *udp, const struct udp_destination *to, struct iovec *bytes) {
  if (to->link == 0) return 0;
  sessions_clear_room(udp->sessions);
  sessions_tick(udp->sessions);
  return sessions_seal(udp->sessions, to->link, bytes, 1, false, bytes);
}

int udp_probe(const struct udp_socket *udp, const struct udp_destination *to, const uint8_t *bytes, size_t length) {
  struct iovec datagram = {(void *)bytes, length};
  const union udp_address *address = udp_address_of(udp, to);
  int number = address == NULL ? ENOKEY : seal_probe(udp, to, &datagram);
  if (number != 0) return number;
  forbid_fragments(udp);
  number = udp_send_plain(udp, address, datagram.iov_base, datagram.iov_len);
  allow_fragments(udp);
  return number;
}

static bool share_port(int fd, int on) {
  return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
}

static int open_bound(const union udp_address *at, bool shares, const char **call) {
  int fd = socket(at->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), off = 0;
  *call = "socket";
  if (fd < 0) return -1;
  if (at->any.sa_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (shares) share_port(fd, 1);
  *call = "bind";
  if (bind(fd, &at->any, udp_address_length(at)) == 0) return fd;
  int number = errno;
  close(fd);
  errno = number;
  return -1;
}

static bool has_gso(int fd) {
  int size = 0;
  socklen_t length = sizeof size;
  return getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &length) == 0;
}

static bool enable_gro(int fd) {
  int on = 1;
  return setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0;
}

/*
 * Opens the control socket. The data socket is bound before it shares its port, so that the bind fails if another program uses
 * the port. A socket that joins the group later receives nothing, because the steering program never chooses it.
 */
static int open_control(int fd, const uint32_t *packets) {
  const char *call;
  union udp_address at;
  socklen_t length = sizeof at;
  if (getsockname(fd, &at.any, &length) < 0 || !share_port(fd, 1)) return -1;
  int control = open_bound(&at, true, &call);
  if (control >= 0 && udp_steer(fd, packets) == 0) return control;
  if (control >= 0) close(control);
  share_port(fd, 0);
  return -1;
}

struct failure udp_socket_open(const union udp_address *at, struct udp_options options, struct udp_socket *udp) {
  const char *call;
  udp->fd = open_bound(at, options.shares, &call);
  if (udp->fd < 0) return (struct failure){errno, call};
  udp->control_fd = options.packets == NULL ? -1 : open_control(udp->fd, options.packets);
  enlarge_buffers(udp->fd);
  if (udp->control_fd >= 0) enlarge_buffers(udp->control_fd);
  udp->is_v6 = at->any.sa_family == AF_INET6;
  allow_fragments(udp);
  udp->traffic_class = options.traffic_class;
  traffic_class_preset(udp->fd, udp->is_v6, options.traffic_class);
  traffic_class_enable(udp->fd, udp->is_v6);
  if (udp->control_fd >= 0) traffic_class_enable(udp->control_fd, udp->is_v6);
  udp->sources = options.sources;
  if (options.packets != NULL) memcpy(udp->packets, options.packets, sizeof udp->packets);
  if (udp->sources != NULL) reply_source_enable(udp->fd, udp->is_v6);
  if (udp->sources != NULL && udp->control_fd >= 0) reply_source_enable(udp->control_fd, udp->is_v6);
  udp->gso = options.gso && has_gso(udp->fd);
  udp->gro = options.gro && enable_gro(udp->fd) && (udp->control_fd < 0 || enable_gro(udp->control_fd));
  return NO_FAILURE;
}

/* Two sockets on the loopback interface; `from` is connected to `to`. */
struct pair {
  int from;
  int to;
};

static bool open_pair(struct pair *pair) {
  const char *call;
  union udp_address at;
  socklen_t length = sizeof at;
  const union udp_address loopback = {.v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}};
  pair->to = open_bound(&loopback, false, &call);
  pair->from = open_bound(&loopback, false, &call);
  return pair->to >= 0 && pair->from >= 0 && getsockname(pair->to, &at.any, &length) == 0 &&
         connect(pair->from, &at.any, length) == 0;
}

static void close_pair(struct pair *pair) {
  if (pair->to >= 0) close(pair->to);
  if (pair->from >= 0) close(pair->from);
}

/* Sends "abcd", "efgh" and "ij" by one call. */
static bool send_segmented(int fd) {
  int size = 4;
  if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size) < 0) return false;
  return send(fd, "abcdefghij", 10, 0) == 10;
}

static bool receives(int fd, const char *text) {
  char bytes[32];
  ssize_t length = recv(fd, bytes, sizeof bytes, 0);
  return length == (ssize_t)strlen(text) && memcmp(bytes, text, (size_t)length) == 0;
}

bool udp_gso_works(void) {
  struct pair pair = {-1, -1};
  bool works = open_pair(&pair) && send_segmented(pair.from) && receives(pair.to, "abcd") && receives(pair.to, "efgh") &&
               receives(pair.to, "ij");
  close_pair(&pair);
  return works;
}

bool udp_gro_works(void) {
  struct pair pair = {-1, -1};
  bool works = open_pair(&pair) && enable_gro(pair.to) && send_segmented(pair.from) && receives(pair.to, "abcdefghij");
  close_pair(&pair);
  return works;
}

int udp_path_mtu(const union udp_address *to) {
  int fd = socket(to->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
  socklen_t length = sizeof mtu;
  bool is_v6 = to->any.sa_family == AF_INET6;
  if (fd < 0) return 0;
  if (connect(fd, &to->any, udp_address_length(to)) < 0 ||
      getsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_MTU : IP_MTU, &mtu, &length) < 0) {
    mtu = 0;
  }
  close(fd);
  return mtu;
}

void udp_source(const union udp_address *to, union udp_address *source) {
  int fd = socket(to->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  socklen_t length = sizeof *source;
  if (fd < 0) return;
  if (connect(fd, &to->any, udp_address_length(to)) == 0) getsockname(fd, &source->any, &length);
  close(fd);
}
