#include "checksum.h"

#include <arpa/inet.h>
#include <string.h>

static uint64_t load(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

static uint64_t with_carry(uint64_t sum, uint64_t word) {
  uint64_t total;
  return __builtin_add_overflow(sum, word, &total) ? total + 1 : total;
}

static uint64_t add_tail(uint64_t sum, const uint8_t *bytes, size_t length) {
  uint64_t word = 0;
  memcpy(&word, bytes, length);
  return with_carry(sum, word);
}

/* Keeps four sums, because each addition to one sum would wait for the one before it. */
static uint64_t add_blocks(uint64_t sum, const uint8_t *bytes, size_t blocks) {
  uint64_t first = 0, second = 0, third = 0;
  for (; blocks > 0; blocks--, bytes += 32) {
    sum = with_carry(sum, load(bytes));
    first = with_carry(first, load(bytes + 8));
    second = with_carry(second, load(bytes + 16));
    third = with_carry(third, load(bytes + 24));
  }
  return with_carry(with_carry(sum, first), with_carry(second, third));
}

uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t length) {
  size_t blocks = length / 32;
  sum = add_blocks(sum, bytes, blocks);
  bytes += blocks * 32;
  length -= blocks * 32;
  for (; length >= 8; bytes += 8, length -= 8) sum = with_carry(sum, load(bytes));
  return add_tail(sum, bytes, length);
}

uint64_t checksum_add_short(uint64_t sum, uint16_t number) {
  return with_carry(sum, htons(number));
}

uint16_t checksum_fold(uint64_t sum) {
  sum = (sum & UINT32_MAX) + (sum >> 32);
  sum = (sum & UINT32_MAX) + (sum >> 32);
  sum = (sum & UINT16_MAX) + (sum >> 16);
  sum = (sum & UINT16_MAX) + (sum >> 16);
  return (uint16_t)sum;
}

uint16_t read_short(const uint8_t *at) {
  return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t read_long(const uint8_t *at) {
  return (uint32_t)read_short(at) << 16 | read_short(at + 2);
}

void write_short(uint8_t *at, uint16_t number) {
  at[0] = (uint8_t)(number >> 8);
  at[1] = (uint8_t)number;
}

void write_long(uint8_t *at, uint32_t number) {
  write_short(at, (uint16_t)(number >> 16));
  write_short(at + 2, (uint16_t)number);
}

void write_sum(uint8_t *at, uint16_t folded) {
  memcpy(at, &folded, sizeof folded);
}
