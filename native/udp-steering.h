#ifndef MOSAIC_UDP_STEERING_H
#define MOSAIC_UDP_STEERING_H

#include <stdint.h>

/* Number of tuple hashes that mark a packet of a device: `tun` has one to six arguments, `tap` one to five, each arity its own hash. */
#define UDP_PACKET_KINDS 11u

/*
 * Attaches the steering program to a SO_REUSEPORT group of two sockets, through the first one, `fd`. The kernel then gives the
 * first socket the datagrams with packets of devices and datagrams with a wrong header, and the second socket all others, among
 * them fragments. `packets` are the hashes of packets, which may be encapsulated in tuples of overlays (docs/wire.md). Returns
 * an errno, or 0.
 */
int udp_steer(int fd, const uint32_t packets[UDP_PACKET_KINDS]);

#endif
