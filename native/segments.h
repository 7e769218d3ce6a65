#ifndef MOSAIC_SEGMENTS_H
#define MOSAIC_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Packets that came together, in one stretch of memory: all but the last are `length` bytes long and `stride` apart. The
 * last may be shorter, and where it is.
 */
struct segments {
  size_t count;
  size_t length;
  size_t stride;
  size_t last_at;
  size_t last_length;
};

static inline size_t segment_at(const struct segments *segments, size_t segment) {
  return segment + 1 == segments->count ? segments->last_at : segment * segments->stride;
}

static inline size_t segment_length(const struct segments *segments, size_t segment) {
  return segment + 1 == segments->count ? segments->last_length : segments->length;
}

/* Whether all rows lie within so many bytes and none is longer than the first: whoever made them is not trusted. */
static inline bool segments_are_within(const struct segments *segments, size_t bytes) {
  if (segments->count == 0 || segments->length > bytes || segments->last_length > segments->length) return false;
  if (segments->last_at > bytes || segments->last_length > bytes - segments->last_at) return false;
  if (segments->count == 1) return true;
  return segments->stride <= bytes && (segments->count - 2) <= (bytes - segments->length) / (segments->stride == 0 ? 1 : segments->stride);
}

#endif
