/* Sources of replies; reply-source.h describes their use. Called by udp-receive.c, udp-send.c, udp-socket.c and flow-cache.c. */
#define _GNU_SOURCE
#include "reply-source.h"

#include <errno.h>
#include <string.h>

bool is_wildcard(const union udp_address *address) {
  if (address->any.sa_family == AF_INET) return address->v4.sin_addr.s_addr == htonl(INADDR_ANY);
  const struct in6_addr *host = &address->v6.sin6_addr;
  return IN6_IS_ADDR_UNSPECIFIED(host) || (IN6_IS_ADDR_V4MAPPED(host) && host->s6_addr32[3] == htonl(INADDR_ANY));
}

/* An IPv6 socket reports the destination of IPv4 datagrams as IPv4-mapped. Failures are ignored: then no source is known. */
void reply_source_enable(int fd, bool is_v6) {
  int on = 1;
  if (is_v6) setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  else setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

static void map_ipv4(struct in_addr address, struct in6_addr *mapped) {
  memset(mapped, 0, sizeof *mapped);
  mapped->s6_addr16[5] = 0xffff;
  mapped->s6_addr32[3] = address.s_addr;
}

bool reply_source_read(struct cmsghdr *note, struct in6_addr *own) {
  if (note->cmsg_level == IPPROTO_IP && note->cmsg_type == IP_PKTINFO) {
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(note), sizeof info);
    map_ipv4(info.ipi_spec_dst, own);
    return true;
  }
  if (note->cmsg_level != IPPROTO_IPV6 || note->cmsg_type != IPV6_PKTINFO) return false;
  struct in6_pktinfo info;
  memcpy(&info, CMSG_DATA(note), sizeof info);
  *own = info.ipi6_addr;
  return true;
}

static struct reply_source *set_of(struct reply_sources *sources, const union udp_address *peer) {
  uint32_t words[sizeof *peer / sizeof(uint32_t)], hash = 2166136261u;
  memcpy(words, peer, sizeof words);
  for (size_t at = 0; at < sizeof words / sizeof *words; at++) hash = (hash ^ words[at]) * 16777619u;
  return sources->entries[(hash ^ hash >> 16) % REPLY_SOURCE_SETS];
}

/* Returns the index of a peer in its set; REPLY_SOURCE_WAYS when the set does not contain the peer. */
static size_t place_of(const struct reply_source *set, const union udp_address *peer) {
  size_t at = 0;
  while (at < REPLY_SOURCE_WAYS && memcmp(&set[at].peer, peer, sizeof *peer) != 0) at++;
  return at;
}

/* Whether an address may be a source: it is neither unspecified nor multicast. */
static bool is_source(const struct in6_addr *own) {
  if (IN6_IS_ADDR_UNSPECIFIED(own) || IN6_IS_ADDR_MULTICAST(own)) return false;
  return !IN6_IS_ADDR_V4MAPPED(own) || (own->s6_addr32[3] != INADDR_ANY && !IN_MULTICAST(ntohl(own->s6_addr32[3])));
}

void reply_source_note(struct reply_sources *sources, const union udp_address *peer, const struct in6_addr *own) {
  if (sources == NULL || !is_source(own)) return;
  struct reply_source *set = set_of(sources, peer);
  size_t at = place_of(set, peer);
  if (at == 0) {
    set->own = *own;
    return;
  }
  if (at == REPLY_SOURCE_WAYS) at--;
  memmove(set + 1, set, at * sizeof *set);
  set->peer = *peer;
  set->own = *own;
}

static size_t write_ipv4(const struct in6_addr *own, struct cmsghdr *note) {
  struct in_pktinfo info = {.ipi_spec_dst = {own->s6_addr32[3]}};
  note->cmsg_level = IPPROTO_IP;
  note->cmsg_type = IP_PKTINFO;
  note->cmsg_len = CMSG_LEN(sizeof info);
  memcpy(CMSG_DATA(note), &info, sizeof info);
  return CMSG_SPACE(sizeof info);
}

static size_t write_ipv6(const struct in6_addr *own, struct cmsghdr *note) {
  struct in6_pktinfo info = {.ipi6_addr = *own};
  note->cmsg_level = IPPROTO_IPV6;
  note->cmsg_type = IPV6_PKTINFO;
  note->cmsg_len = CMSG_LEN(sizeof info);
  memcpy(CMSG_DATA(note), &info, sizeof info);
  return CMSG_SPACE(sizeof info);
}

size_t reply_source_write(const struct reply_sources *sources, const union udp_address *peer, void *control) {
  if (sources == NULL) return 0;
  const struct reply_source *set = set_of((struct reply_sources *)sources, peer);
  size_t at = place_of(set, peer);
  if (at == REPLY_SOURCE_WAYS) return 0;
  const struct in6_addr *own = &set[at].own;
  return IN6_IS_ADDR_V4MAPPED(own) ? write_ipv4(own, control) : write_ipv6(own, control);
}

static bool is_lost_address(int number) {
  return number == EINVAL || number == EADDRNOTAVAIL || number == ENETUNREACH || number == EHOSTUNREACH || number == ENODEV;
}

bool reply_source_failed(struct reply_sources *sources, const union udp_address *peer, int number) {
  if (sources == NULL || !is_lost_address(number)) return false;
  struct reply_source *set = set_of(sources, peer);
  size_t at = place_of(set, peer);
  if (at == REPLY_SOURCE_WAYS) return false;
  memmove(set + at, set + at + 1, (REPLY_SOURCE_WAYS - at - 1) * sizeof *set);
  memset(set + REPLY_SOURCE_WAYS - 1, 0, sizeof *set);
  return true;
}
