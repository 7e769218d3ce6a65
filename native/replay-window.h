#ifndef MOSAIC_REPLAY_WINDOW_H
#define MOSAIC_REPLAY_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* Number of the latest counters, the greatest included, of which the window knows whether they have been seen. */
#define REPLAY_WINDOW 8128u
#define REPLAY_WORDS 128u

/*
 * The counters that one lane of a session has seen. A window of zeros has seen none. The ring has one word more than the
 * window needs, so that a word can be cleared as a whole when the window reaches it.
 */
struct replay_window {
  /* The greatest counter seen, plus 1. */
  uint64_t next;
  uint64_t seen[REPLAY_WORDS];
};

/* Whether a counter is new: neither seen, nor older than the window. */
bool replay_window_admits(const struct replay_window *window, uint64_t counter);

/* Marks a counter that the window admits. To be called only once the datagram has proved authentic. */
void replay_window_mark(struct replay_window *window, uint64_t counter);

#endif
