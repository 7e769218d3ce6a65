#ifndef MOSAIC_UDP_STEERING_H
#define MOSAIC_UDP_STEERING_H

#include <stdint.h>

/* Hashes of the tuple that a packet of a device is: it may have so many numbers of arguments. */
#define UDP_PACKET_KINDS 5u

/*
 * Of the two sockets of a group, the first of which has `fd`, the kernel gives the first what carries packets of devices, and
 * whatever makes no sense; the second all else that nodes say to each other. Packets are tuples of the hashes
 * `packets`, alone or within tuples of overlays, as docs/wire.md has them. An errno, or 0.
 */
int udp_steer(int fd, const uint32_t packets[UDP_PACKET_KINDS]);

#endif
