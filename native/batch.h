#ifndef MOSAIC_BATCH_H
#define MOSAIC_BATCH_H

#include <stddef.h>
#include <stdint.h>

/* The largest IP packet: what one read must have room for, whatever the MTU was set to meanwhile. */
#define PACKET_MAX 65535u

/*
 * Where a batch of packets is put: one arena of bytes, and an index of (offset, length) pairs into it.
 * Both belong to JavaScript, which reads them during the call that follows a batch and never moves them.
 */
struct batch_room {
  uint8_t *arena;
  size_t arena_length;
  uint32_t *index;
  size_t index_length;
};

struct batch {
  uint32_t count;
  /* The errno that ended the batch; 0 when the descriptor was empty or the room was full. */
  int error;
};

/* Fills the room from a non-blocking descriptor that gives one packet a read. */
struct batch batch_read(int fd, struct batch_room room);

#endif
