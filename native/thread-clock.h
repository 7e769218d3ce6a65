#ifndef MOSAIC_THREAD_CLOCK_H
#define MOSAIC_THREAD_CLOCK_H

#include <stdint.h>

/* Nanoseconds of processor that this thread has had. */
int64_t thread_clock_ns(void);

#endif
