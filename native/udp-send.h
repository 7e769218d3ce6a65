#ifndef MOSAIC_UDP_SEND_H
#define MOSAIC_UDP_SEND_H

#include <sys/uio.h>

#include "segments.h"
#include "udp-socket.h"

/* Result of a send. */
struct udp_sent {
  uint32_t datagrams;
  uint64_t bytes;
  /* Number of datagrams that were not sent, and the errno of the last such datagram; 0 when all were sent. */
  uint32_t failed;
  int error;
  /* Number of system calls that carried several datagrams by GSO. */
  uint32_t segmented;
  /* The errno with which the kernel refused GSO; 0 when it did not. After a refusal the datagrams were sent one by one. */
  int segment_error;
};

/* Bytes before and after each segment of a train in its datagram. The last segment has a separate head and tail. */
struct udp_frame {
  struct iovec head, tail, last_head, last_tail;
};

/*
 * Sends one datagram per segment: head, segment, tail, all with one traffic class. With `gso` it uses GSO while the kernel
 * accepts it. When the kernel refuses (EIO: the interface cannot; EMSGSIZE: the path has a smaller MTU), it sends the datagrams
 * one by one. After EIO it does so for the life of the socket. Datagrams for a link are sealed, and are bulk; ENOKEY if the
 * link cannot seal.
 */
struct udp_sent udp_send_segments(struct udp_socket *udp, const struct udp_destination *to, const struct udp_frame *frame,
                                  const uint8_t *bytes, const struct segments *segments, uint32_t traffic_class,
                                  bool gso);

/* A datagram of the send queue: offset of its `struct udp_destination`, number of bytes after that, traffic class. */
struct udp_queued {
  uint32_t at;
  uint32_t length;
  uint32_t traffic_class;
};

/*
 * Sends queued datagrams in order. Consecutive datagrams with one destination, length and traffic class are sent by one call
 * with GSO. The caller has checked that all offsets lie within the queue, and that all traffic classes are below 256. Datagrams
 * for a link are sealed, as bulk if they carry packets of devices.
 */
struct udp_sent udp_send_queued(struct udp_socket *udp, const uint8_t *queue, const struct udp_queued *queued,
                                size_t count, bool gso);

#endif
