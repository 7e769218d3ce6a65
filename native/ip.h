#ifndef MOSAIC_IP_H
#define MOSAIC_IP_H

#include <stddef.h>
#include <stdint.h>

/* Greatest length of an IP packet. */
#define PACKET_MAX 65535u

/* Lengths of headers. */
#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define TCP_HEADER 20u
#define TCP_HEADER_MAX 60u
#define UDP_HEADER 8u

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

/* Flags in the byte at TCP_FLAGS_AT. */
#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_CWR 0x80

/* Offsets of fields in the TCP and the UDP header. */
#define TCP_SEQUENCE_AT 4u
#define TCP_ACKNOWLEDGED_AT 8u
#define TCP_LENGTH_AT 12u
#define TCP_FLAGS_AT 13u
#define TCP_CHECKSUM_AT 16u
#define UDP_LENGTH_AT 4u
#define UDP_CHECKSUM_AT 6u

/* Layout of a TCP or UDP packet. All offsets lie within the packet: the code that fills in the layout has checked them. */
struct ip_layout {
  uint8_t version;
  uint8_t protocol;
  /* Offsets of the TCP or UDP header, and of the payload. */
  size_t upper_at;
  size_t payload_at;
};

/* Returns the sum of the pseudo-header. `length` is the number of bytes of the TCP or UDP header and the payload. */
uint64_t ip_pseudo_sum(const uint8_t *packet, const struct ip_layout *layout, size_t length);

/* Writes the length of a packet, and the header checksum of an IPv4 packet. */
void ip_set_length(uint8_t *packet, const struct ip_layout *layout, size_t length);

/* Returns the offset of the checksum in the TCP or UDP header. */
size_t ip_checksum_at(const struct ip_layout *layout);

/* Writes the TCP or UDP checksum, given the sum over all bytes except the checksum field. For UDP, 0 is written as 0xffff. */
void ip_finish_checksum(uint8_t *packet, const struct ip_layout *layout, uint64_t sum);

#endif
