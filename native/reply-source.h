#ifndef MOSAIC_REPLY_SOURCE_H
#define MOSAIC_REPLY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "udp-socket.h"

/*
 * Source addresses of a socket that is bound to all addresses of its host: the socket sends to a peer from the address to which
 * the peer sent last, since a peer ignores answers from another address. The address is passed to and from the kernel as a
 * control message. The message is of IPv4 or IPv6 according to the address, not according to the family of the socket.
 *
 * All functions accept NULL for the table, and do nothing then: a socket that is bound to one address has no table.
 */

/* Room for one such control message. */
#define REPLY_SOURCE_SPACE CMSG_SPACE(sizeof(struct in6_pktinfo))

/* Number of sets, and number of peers per set. The set of a peer is the hash of the peer's address modulo the number of sets. */
#define REPLY_SOURCE_SETS 256u
#define REPLY_SOURCE_WAYS 4u

struct reply_source {
  union udp_address peer;
  /* The address of this host; IPv4-mapped for IPv4. */
  struct in6_addr own;
};

/* A table of zeros is empty. The entries of a set are ordered by the last datagram of the peer, the latest first. */
struct reply_sources {
  struct reply_source entries[REPLY_SOURCE_SETS][REPLY_SOURCE_WAYS];
};

/* Whether the address stands for all addresses of the host. */
bool is_wildcard(const union udp_address *address);

/* Makes the kernel report the destination of received datagrams. */
void reply_source_enable(int fd, bool is_v6);

/* Returns whether a control message is the destination of a received datagram, and sets `own`. */
bool reply_source_read(struct cmsghdr *note, struct in6_addr *own);

/* Remembers the address of this host to which a peer has sent. */
void reply_source_note(struct reply_sources *sources, const union udp_address *peer, const struct in6_addr *own);

/* Writes the control message for a datagram to a peer, and returns its length: REPLY_SOURCE_SPACE at most, 0 if no address is known. */
size_t reply_source_write(const struct reply_sources *sources, const union udp_address *peer, void *control);

/*
 * Takes the errno of a failed send. Returns true if the host has lost the source address. Then the address is forgotten, and
 * the datagram may be sent again without it.
 */
bool reply_source_failed(struct reply_sources *sources, const union udp_address *peer, int number);

#endif
