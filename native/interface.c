/* Settings of network interfaces, made when a TUN interface is opened (tun.c). */
#include "interface.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's `struct in6_ifreq`; its own header cannot be included next to the C library's. */
struct address6_request {
  struct in6_addr address;
  uint32_t prefix;
  int index;
};

/* Runs an ioctl on a temporary socket. The kernel accepts any socket of the address family. */
static struct failure run_ioctl(int family, unsigned long request, void *argument, const char *call) {
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return (struct failure){errno, "socket"};
  struct failure failure = ioctl(fd, request, argument) < 0 ? (struct failure){errno, call} : NO_FAILURE;
  close(fd);
  return failure;
}

static struct ifreq request_for(const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  return request;
}

static struct failure set_ipv4(const char *name, unsigned long request, const char *call, uint32_t address) {
  struct ifreq ifr = request_for(name);
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {address}};
  memcpy(&ifr.ifr_addr, &in, sizeof in);
  return run_ioctl(AF_INET, request, &ifr, call);
}

static uint32_t netmask(unsigned prefix) {
  return prefix == 0 ? 0 : htonl(UINT32_MAX << (32 - prefix));
}

static struct failure set_address4(const char *name, struct interface_address address) {
  uint32_t number;
  memcpy(&number, address.bytes, sizeof number);
  struct failure failure = set_ipv4(name, SIOCSIFADDR, "SIOCSIFADDR", number);
  if (failure.number != 0) return failure;
  return set_ipv4(name, SIOCSIFNETMASK, "SIOCSIFNETMASK", netmask(address.prefix));
}

static struct failure set_address6(const char *name, struct interface_address address) {
  struct address6_request request = {.prefix = address.prefix, .index = (int)if_nametoindex(name)};
  memcpy(&request.address, address.bytes, sizeof request.address);
  if (request.index == 0) return (struct failure){errno, "if_nametoindex"};
  struct failure failure = run_ioctl(AF_INET6, SIOCSIFADDR, &request, "SIOCSIFADDR");
  /* When an interface is repaired it may already have the address, because the kernel keeps the addresses of interfaces that are down. */
  return failure.number == EEXIST ? NO_FAILURE : failure;
}

struct failure interface_set_address(const char *name, struct interface_address address) {
  if (address.length == 4 && address.prefix <= 32) return set_address4(name, address);
  if (address.length == 16 && address.prefix <= 128) return set_address6(name, address);
  return (struct failure){EINVAL, "SIOCSIFADDR"};
}

struct failure interface_set_mtu(const char *name, int mtu) {
  struct ifreq request = request_for(name);
  request.ifr_mtu = mtu;
  return run_ioctl(AF_INET, SIOCSIFMTU, &request, "SIOCSIFMTU");
}

struct failure interface_set_up(const char *name) {
  struct ifreq request = request_for(name);
  struct failure failure = run_ioctl(AF_INET, SIOCGIFFLAGS, &request, "SIOCGIFFLAGS");
  if (failure.number != 0) return failure;
  request.ifr_flags |= IFF_UP;
  return run_ioctl(AF_INET, SIOCSIFFLAGS, &request, "SIOCSIFFLAGS");
}

bool interface_is_up(const char *name) {
  struct ifreq request = request_for(name);
  return run_ioctl(AF_INET, SIOCGIFFLAGS, &request, "SIOCGIFFLAGS").number == 0 && (request.ifr_flags & IFF_UP) != 0;
}

/* Uses netlink, because no ioctl sets this limit. The kernel has handled the request when send() returns, so no reply is read. */
struct failure interface_set_max_segments(const char *name, uint32_t segments) {
  struct {
    struct nlmsghdr head;
    struct ifinfomsg link;
    struct rtattr attribute;
    uint32_t segments;
  } request = {
      .head = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_REQUEST},
      .link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(name)},
      .attribute = {.rta_len = RTA_LENGTH(sizeof segments), .rta_type = IFLA_GSO_MAX_SEGS},
      .segments = segments,
  };
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return (struct failure){errno, "socket"};
  struct failure failure = send(fd, &request, sizeof request, 0) < 0 ? (struct failure){errno, "send"} : NO_FAILURE;
  close(fd);
  return failure;
}
