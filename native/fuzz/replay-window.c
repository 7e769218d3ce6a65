/*
 * Compares the replay window of each of two lanes with a plain list of the counters that were seen. Most counters are new, some
 * late or repeated, a few far ahead. A list ends with its session, of SESSION counters.
 *
 *   cc -std=gnu11 -O1 -g -I.. -o replay-window replay-window.c ../replay-window.c
 *   ./replay-window SECONDS [SEED]       exit 1 at the first difference; the seed repeats it
 */
#include "replay-window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SESSION (1u << 22)

struct lane {
  struct replay_window window;
  uint8_t seen[SESSION];
  /* The greatest counter seen, -1 before the first. */
  int64_t greatest;
};

static struct lane lanes[2];
static unsigned long long tried, admitted, refused;
static uint64_t state;

static uint32_t below(uint32_t end) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 32) % end;
}

static int64_t distance(void) {
  uint32_t kind = below(1000);
  if (kind < 600) return 1;
  if (kind < 800) return -(int64_t)below(64);
  if (kind < 970) return -(int64_t)below(REPLAY_WINDOW + 64);
  return kind < 999 ? below(200) : below(3 * REPLAY_WINDOW);
}

static void begin_session(void) {
  memset(lanes, 0, sizeof lanes);
  lanes[0].greatest = lanes[1].greatest = -1;
}

static void step(void) {
  struct lane *lane = &lanes[below(2)];
  int64_t counter = lane->greatest + distance();
  if (counter < 0) counter = 0;
  if (counter >= SESSION) return begin_session();
  bool is_new = counter > lane->greatest - (int64_t)REPLAY_WINDOW && !lane->seen[counter];
  if (replay_window_admits(&lane->window, (uint64_t)counter) != is_new) {
    fprintf(stderr, "replay-window: counter %lld after %lld\n", (long long)counter, (long long)lane->greatest);
    abort();
  }
  tried++;
  if (!is_new) {
    refused++;
    return;
  }
  admitted++;
  replay_window_mark(&lane->window, (uint64_t)counter);
  lane->seen[counter] = 1;
  if (counter > lane->greatest) lane->greatest = counter;
}

int main(int count, char **arguments) {
  double seconds = count > 1 ? atof(arguments[1]) : 1;
  unsigned long long seed = count > 2 ? strtoull(arguments[2], NULL, 10) : (unsigned long long)time(NULL);
  clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
  state = seed * 2654435761u + 1;
  printf("seed %llu\n", seed);
  begin_session();
  while (clock() < end) {
    for (int at = 0; at < 100000; at++) step();
  }
  printf("%llu counters, %llu admitted, %llu refused\n", tried, admitted, refused);
  return 0;
}
