#ifndef MOSAIC_UDP_SOCKET_H
#define MOSAIC_UDP_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "failure.h"

union udp_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* 0 for what is neither IPv4 nor IPv6. */
socklen_t udp_address_length(const union udp_address *address);

struct udp_socket {
  int fd;
  /*
   * A second socket of the same port, to which the kernel gives what carries no packets of devices: it does not wait behind
   * them, nor is it lost among them. -1 where the kernel has no such thing; then all comes to the first.
   */
  int control_fd;
  bool is_v6;
  /* The kernel cuts what is sent into datagrams of one length. */
  bool gso;
  /* The kernel joins datagrams of one length and sender. */
  bool gro;
};

/*
 * Opens, binds and widens a non-blocking socket; an IPv6 socket for all addresses also speaks IPv4. `packets` are
 * the hashes of the tuple that a packet of a device is.
 */
struct failure udp_socket_open(const union udp_address *at, bool gso, bool gro, const uint32_t *packets,
                               struct udp_socket *udp);

/* The largest IP packet that the kernel sends to an address in one piece, by what it knows of the way; 0 when there is none. */
int udp_path_mtu(const union udp_address *to);

/*
 * Sends one datagram that nobody may cut, however long the kernel thinks that the path is. An errno, or 0; EMSGSIZE when the
 * interface has no room for it.
 */
int udp_probe(const struct udp_socket *udp, const union udp_address *to, const uint8_t *bytes, size_t length);

/* Whether the two offloads do what they say, tried on the loopback. */
bool udp_gso_works(void);
bool udp_gro_works(void);

#endif
