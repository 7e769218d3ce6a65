#ifndef MOSAIC_UDP_SEND_H
#define MOSAIC_UDP_SEND_H

#include <sys/uio.h>

#include "segments.h"
#include "udp-socket.h"

/* What became of the datagrams of one call. */
struct udp_sent {
  uint32_t datagrams;
  uint64_t bytes;
  uint32_t failed;
  /* The last refusal; 0 when there was none. */
  int error;
  /* Calls that carried several datagrams, and why the last of them was refused that nevertheless left one by one. */
  uint32_t segmented;
  int segment_error;
};

/* What stands around each row of a train. */
struct udp_frame {
  struct iovec head, tail, last_head, last_tail;
};

/*
 * Sends a datagram for each segment. Where the kernel refuses to cut (EIO: the interface cannot; EMSGSIZE: the path has a
 * smaller MTU) they are sent one by one, and after EIO all that follow.
 */
struct udp_sent udp_send_segments(struct udp_socket *udp, const union udp_address *to, const struct udp_frame *frame,
                              const uint8_t *bytes, const struct segments *segments, bool gso);

/* A datagram that waited: its address, and behind it its bytes. */
struct udp_queued {
  uint32_t at;
  uint32_t length;
};

/* Sends datagrams in order; those in a row for one place and of one length in one piece. */
struct udp_sent udp_send_queued(struct udp_socket *udp, const uint8_t *queue, const struct udp_queued *queued,
                                 size_t count, bool gso);

#endif
