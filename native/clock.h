#ifndef MOSAIC_CLOCK_H
#define MOSAIC_CLOCK_H

#include <stdint.h>

/* Nanoseconds of processor that this thread has had. */
int64_t thread_clock_ns(void);

/* Nanoseconds since some moment, whoever has the processor. */
int64_t monotonic_ns(void);

#endif
