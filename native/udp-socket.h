#ifndef MOSAIC_UDP_SOCKET_H
#define MOSAIC_UDP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "udp-address.h"
#include "udp-steering.h"

struct reply_sources;
struct sessions;

struct udp_socket {
  /* The data socket. Everything is sent from it. */
  int fd;
  /*
   * The control socket: a second socket of the same port, to which the kernel steers datagrams that carry no packets of
   * devices. Therefore control traffic does not wait behind packets, and is not lost when their buffer is full. -1 if the
   * kernel cannot steer; then the data socket receives everything.
   */
  int control_fd;
  bool is_v6;
  /* UDP GSO: the kernel splits one send into datagrams of one length. Cleared when the interface refuses GSO. */
  bool gso;
  /* UDP GRO: the kernel combines received datagrams of one length and sender. */
  bool gro;
  /* Traffic class of datagrams that are sent without a control message. */
  uint8_t traffic_class;
  /* Sources of replies; NULL unless the socket is bound to all addresses. The memory belongs to the caller of udp_socket_open. */
  struct reply_sources *sources;
  /* Hashes of the tuples that carry packets of devices; zeros if no control socket was wanted. */
  uint32_t packets[UDP_PACKET_KINDS];
  /*
   * Sessions of the links, NULL for a socket without links. With them the socket receives only sealed datagrams and messages of
   * the handshake. They belong to JavaScript, which keeps them until the socket is closed.
   */
  struct sessions *sessions;
};

struct udp_options {
  /* Offloads to use if the kernel has them. */
  bool gso;
  bool gro;
  /* Whether the socket may bind the port that the replaced socket still has. Both belong to this user, at different addresses. */
  bool shares;
  /* Traffic class of datagrams that are sent without a control message, among them probes. */
  uint8_t traffic_class;
  /* The UDP_PACKET_KINDS tuple hashes by which the kernel recognises packets of devices. If NULL, no control socket is opened. */
  const uint32_t *packets;
  /* An empty table of sources, or NULL. */
  struct reply_sources *sources;
};

/* Opens and binds a non-blocking socket, and enlarges its buffers. An IPv6 socket bound to all addresses also takes IPv4. */
struct failure udp_socket_open(const union udp_address *at, struct udp_options options, struct udp_socket *udp);

/* Returns the path MTU to an address as far as the kernel knows it, in bytes of an IP packet; 0 when there is no route. */
int udp_path_mtu(const union udp_address *to);

/* Sets `source` to the address from which the host sends to another address. Leaves `source` unchanged when there is no route. */
void udp_source(const union udp_address *to, union udp_address *source);

/*
 * Sends one datagram that is not fragmented anywhere, even if it is longer than the path MTU known to the kernel. Returns an
 * errno, or 0; EMSGSIZE when the datagram exceeds the MTU of the interface.
 */
int udp_probe(const struct udp_socket *udp, const struct udp_destination *to, const uint8_t *bytes, size_t length);

/* Sends one datagram as it is, without sealing it. Returns an errno, or 0. */
int udp_send_plain(const struct udp_socket *udp, const union udp_address *to, const uint8_t *bytes, size_t length);

/* Returns the socket address of a destination; NULL if it is a link that cannot seal. */
const union udp_address *udp_address_of(const struct udp_socket *udp, const struct udp_destination *to);

/* Return whether GSO and GRO work, by a trial on the loopback interface. */
bool udp_gso_works(void);
bool udp_gro_works(void);

#endif
