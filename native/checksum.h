#ifndef MOSAIC_CHECKSUM_H
#define MOSAIC_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Adds bytes to an Internet checksum (RFC 1071). The sum is of 16-bit words in the byte order of the machine, so a folded sum
 * is stored in a packet without a swap of its bytes. Every piece except for the last must have an even length.
 */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t length);

/* Adds a 16-bit number in network byte order. */
uint64_t checksum_add_short(uint64_t sum, uint16_t number);

/* Folds a sum to 16 bits, not inverted. The result over a packet with a right checksum is 0xffff. */
uint16_t checksum_fold(uint64_t sum);

/* Read and write fields of packets in network byte order, at any alignment. */
uint16_t read_short(const uint8_t *at);
uint32_t read_long(const uint8_t *at);
void write_short(uint8_t *at, uint16_t number);
void write_long(uint8_t *at, uint32_t number);

/* Writes a folded sum, or its complement, as it is stored in a packet. */
void write_sum(uint8_t *at, uint16_t folded);

#endif
