#ifndef MOSAIC_UDP_ADDRESS_H
#define MOSAIC_UDP_ADDRESS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

/* A socket address. Addresses are compared as bytes, so unused bytes must be zero. */
union udp_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* Returns the length of a socket address; 0 when it is neither IPv4 nor IPv6. */
socklen_t udp_address_length(const union udp_address *address);

/*
 * Destination of a datagram as JavaScript writes it: a socket address, or the number of a link, whose endpoint is then the
 * address. The number is 0 if there is no link.
 */
struct udp_destination {
  union udp_address address;
  uint32_t link;
};

#endif
