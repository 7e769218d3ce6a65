#ifndef MOSAIC_IP_H
#define MOSAIC_IP_H

#include <stddef.h>
#include <stdint.h>

/* The largest IP packet. */
#define PACKET_MAX 65535u

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define TCP_HEADER 20u
#define TCP_HEADER_MAX 60u
#define UDP_HEADER 8u

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

/* Of the byte at TCP_FLAGS_AT. */
#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_CWR 0x80

#define TCP_SEQUENCE_AT 4u
#define TCP_ACKNOWLEDGED_AT 8u
#define TCP_LENGTH_AT 12u
#define TCP_FLAGS_AT 13u
#define TCP_CHECKSUM_AT 16u
#define UDP_LENGTH_AT 4u
#define UDP_CHECKSUM_AT 6u

/* Where a TCP or UDP packet has its parts. All of it is within the packet. */
struct ip_layout {
  uint8_t version;
  uint8_t protocol;
  /* Where the TCP or UDP header begins, and where the payload. */
  size_t upper_at;
  size_t payload_at;
};

/* The sum of the pseudo-header of a packet whose TCP or UDP part is `length` bytes long. */
uint64_t ip_pseudo_sum(const uint8_t *packet, const struct ip_layout *layout, size_t length);

/* Gives a packet its length and, where it is IPv4, a header checksum. */
void ip_set_length(uint8_t *packet, const struct ip_layout *layout, size_t length);

/* Where the checksum is within the TCP or UDP header. */
size_t ip_checksum_at(const struct ip_layout *layout);

/* What a checksum field holds once the sum over everything else is known; UDP writes 0 in its other form. */
void ip_finish_checksum(uint8_t *packet, const struct ip_layout *layout, uint64_t sum);

#endif
