#ifndef MOSAIC_ROWS_H
#define MOSAIC_ROWS_H

#include <stdbool.h>
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

/* Whether all rows lie within so many bytes and none is longer than the first: whoever made them is not trusted. */
static inline bool rows_are_within(const struct rows *rows, size_t bytes) {
  if (rows->count == 0 || rows->length > bytes || rows->last_length > rows->length) return false;
  if (rows->last_at > bytes || rows->last_length > bytes - rows->last_at) return false;
  if (rows->count == 1) return true;
  return rows->stride <= bytes && (rows->count - 2) <= (bytes - rows->length) / (rows->stride == 0 ? 1 : rows->stride);
}

#endif
