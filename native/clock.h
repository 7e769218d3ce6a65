#ifndef MOSAIC_CLOCK_H
#define MOSAIC_CLOCK_H

#include <stdint.h>

/* CPU time of this thread in nanoseconds. */
int64_t thread_clock_ns(void);

/* Monotonic wall-clock time in nanoseconds. */
int64_t monotonic_ns(void);

#endif
