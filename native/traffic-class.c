/* Traffic classes as socket options and control messages. Called by udp-socket.c, udp-receive.c, udp-send.c and flow-cache.c. */
#include "traffic-class.h"

#include <string.h>

static void set_option(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

/* The IPv4 options are also set on an IPv6 socket, which receives and sends IPv4 too. Failures are ignored. */
void traffic_class_enable(int fd, bool is_v6) {
  set_option(fd, IPPROTO_IP, IP_RECVTOS, 1);
  if (is_v6) set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
}

void traffic_class_preset(int fd, bool is_v6, uint8_t traffic_class) {
  set_option(fd, IPPROTO_IP, IP_TOS, traffic_class);
  if (is_v6) set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
}

bool traffic_class_read(struct cmsghdr *note, uint32_t *traffic_class) {
  int number = 0;
  if (note->cmsg_level == IPPROTO_IP && note->cmsg_type == IP_TOS) {
    *traffic_class = *CMSG_DATA(note);
    return true;
  }
  if (note->cmsg_level != IPPROTO_IPV6 || note->cmsg_type != IPV6_TCLASS) return false;
  memcpy(&number, CMSG_DATA(note), sizeof number);
  *traffic_class = (uint32_t)number & UINT8_MAX;
  return true;
}

static bool is_ipv4(const union udp_address *to) {
  return to->any.sa_family == AF_INET || IN6_IS_ADDR_V4MAPPED(&to->v6.sin6_addr);
}

void traffic_class_write(struct cmsghdr *note, const union udp_address *to, uint32_t traffic_class) {
  int number = (int)traffic_class;
  note->cmsg_level = is_ipv4(to) ? IPPROTO_IP : IPPROTO_IPV6;
  note->cmsg_type = is_ipv4(to) ? IP_TOS : IPV6_TCLASS;
  note->cmsg_len = CMSG_LEN(sizeof number);
  memcpy(CMSG_DATA(note), &number, sizeof number);
}
