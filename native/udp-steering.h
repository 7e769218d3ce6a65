#ifndef MOSAIC_UDP_STEERING_H
#define MOSAIC_UDP_STEERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number of tuple hashes that mark a packet of a device: `tun` has one to six arguments, `tap` one to five, each arity its own hash. */
#define UDP_PACKET_KINDS 11u

/*
 * Attaches the steering program to a SO_REUSEPORT group of two sockets, through the first one, `fd`. The kernel then gives the
 * first socket the datagrams with packets of devices and datagrams with a wrong header, and the second socket all others, among
 * them fragments and messages of the handshake. Of a sealed datagram the lane decides. `packets` are the hashes of packets,
 * which may be encapsulated in tuples of overlays (docs/wire.md). Returns an errno, or 0.
 */
int udp_steer(int fd, const uint32_t packets[UDP_PACKET_KINDS]);

/* Whether the steering program gives a plain datagram to the first socket. The sender of a sealed datagram chooses the lane by it. */
bool udp_is_bulk(const uint32_t packets[UDP_PACKET_KINDS], const uint8_t *bytes, size_t length);

#endif
