#ifndef MOSAIC_ROWS_H
#define MOSAIC_ROWS_H

#include <stddef.h>

/*
 * Packets that came together, in one stretch of memory: all but the last are `length` bytes long and `stride` apart. The
 * last may be shorter, and where it is.
 */
struct rows {
  size_t count;
  size_t length;
  size_t stride;
  size_t last_at;
  size_t last_length;
};

static inline size_t row_at(const struct rows *rows, size_t row) {
  return row + 1 == rows->count ? rows->last_at : row * rows->stride;
}

static inline size_t row_length(const struct rows *rows, size_t row) {
  return row + 1 == rows->count ? rows->last_length : rows->length;
}

#endif
