#ifndef MOSAIC_CHECKSUM_H
#define MOSAIC_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * The Internet checksum (RFC 1071) as a sum that grows piece by piece and is folded at the end. It is taken over words in
 * the machine's byte order, so a folded sum is stored as it is; each piece but the last has an even length.
 */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t length);

/* Adds a number as the two bytes that it is on the wire. */
uint64_t checksum_add_short(uint64_t sum, uint16_t number);

/* The sum as 16 bits, not inverted: all ones, of either sign, when the checksum in what was summed was right. */
uint16_t checksum_fold(uint64_t sum);

/* The fields of a packet, which have no alignment. */
uint16_t read_short(const uint8_t *at);
uint32_t read_long(const uint8_t *at);
void write_short(uint8_t *at, uint16_t number);
void write_long(uint8_t *at, uint32_t number);

/* Stores a folded sum, or the checksum that it makes. */
void write_sum(uint8_t *at, uint16_t folded);

#endif
