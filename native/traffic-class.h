#ifndef MOSAIC_TRAFFIC_CLASS_H
#define MOSAIC_TRAFFIC_CLASS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "udp-socket.h"

/*
 * The traffic class of an IP packet: one byte, DSCP (6 bits) and ECN field (2 bits). IPv4 calls it type of service. The kernel
 * passes it as a control message, of IPv4 or of IPv6 according to the address of the datagram, not according to the family of
 * the socket.
 */

/* Room for one such control message. */
#define TRAFFIC_CLASS_SPACE CMSG_SPACE(sizeof(int))

/* Makes the kernel report the traffic class of received datagrams. Without it traffic_class_of returns 0. */
void traffic_class_enable(int fd, bool is_v6);

/* Sets the traffic class of datagrams that are sent without a control message. */
void traffic_class_preset(int fd, bool is_v6, uint8_t traffic_class);

/* Returns whether a control message is the traffic class of a received datagram, and sets `traffic_class`. */
bool traffic_class_read(struct cmsghdr *note, uint32_t *traffic_class);

/* Writes the control message for a datagram to `to`. The message takes TRAFFIC_CLASS_SPACE bytes. */
void traffic_class_write(struct cmsghdr *note, const union udp_address *to, uint32_t traffic_class);

#endif
