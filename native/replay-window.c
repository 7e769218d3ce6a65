/* The replay window; replay-window.h describes it. Called by sessions.c. */
#include "replay-window.h"

#include <string.h>

#define WORD_BITS 64u

static uint64_t *word_of(struct replay_window *window, uint64_t counter) {
  return &window->seen[counter / WORD_BITS % REPLAY_WORDS];
}

static uint64_t bit_of(uint64_t counter) {
  return (uint64_t)1 << counter % WORD_BITS;
}

bool replay_window_admits(const struct replay_window *window, uint64_t counter) {
  if (counter == UINT64_MAX) return false;
  if (counter >= window->next) return true;
  if (window->next - counter > REPLAY_WINDOW) return false;
  return (*word_of((struct replay_window *)window, counter) & bit_of(counter)) == 0;
}

/* Clears the words from the one after the greatest counter seen to the one of `counter`. */
static void advance(struct replay_window *window, uint64_t counter) {
  uint64_t word = window->next == 0 ? 0 : (window->next - 1) / WORD_BITS + 1, last = counter / WORD_BITS;
  if (last >= word + REPLAY_WORDS) memset(window->seen, 0, sizeof window->seen);
  else for (; word <= last; word++) window->seen[word % REPLAY_WORDS] = 0;
  window->next = counter + 1;
}

void replay_window_mark(struct replay_window *window, uint64_t counter) {
  if (counter >= window->next) advance(window, counter);
  *word_of(window, counter) |= bit_of(counter);
}
