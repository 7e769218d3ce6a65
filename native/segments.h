#ifndef MOSAIC_SEGMENTS_H
#define MOSAIC_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The segments of a packet train: packets that arrived together, in one block of memory. All numbers are in bytes, counted
 * from the first byte of the first segment. Every segment except for the last has `length` bytes and begins `stride` bytes
 * after the one before it. The last one has `last_length` bytes, at most `length`, and begins at `last_at`. A single packet
 * is a train of one segment, with `last_at` 0 and `last_length` equal to `length`.
 */
struct segments {
  size_t count;
  size_t length;
  size_t stride;
  size_t last_at;
  size_t last_length;
};

static inline size_t segment_at(const struct segments *segments, size_t index) {
  return index + 1 == segments->count ? segments->last_at : index * segments->stride;
}

static inline size_t segment_length(const struct segments *segments, size_t index) {
  return index + 1 == segments->count ? segments->last_length : segments->length;
}

/* Whether all segments lie within `bytes` bytes, and none is longer than the first. The numbers may come from JavaScript. */
static inline bool segments_are_within(const struct segments *segments, size_t bytes) {
  size_t stride = segments->stride == 0 ? 1 : segments->stride;
  if (segments->count == 0 || segments->length > bytes || segments->last_length > segments->length) return false;
  if (segments->last_at > bytes || segments->last_length > bytes - segments->last_at) return false;
  if (segments->count == 1) return true;
  return segments->stride <= bytes && segments->count - 2 <= (bytes - segments->length) / stride;
}

#endif
