#include "ip.h"

#include "checksum.h"

#define IPV4_CHECKSUM_AT 10u
#define IPV4_ADDRESSES_AT 12u
#define IPV6_ADDRESSES_AT 8u

uint64_t ip_pseudo_sum(const uint8_t *packet, const struct ip_layout *layout, size_t length) {
  uint64_t sum = layout->version == 4 ? checksum_add(0, packet + IPV4_ADDRESSES_AT, 8)
                                      : checksum_add(0, packet + IPV6_ADDRESSES_AT, 32);
  return checksum_add_short(checksum_add_short(sum, layout->protocol), (uint16_t)length);
}

void ip_set_length(uint8_t *packet, const struct ip_layout *layout, size_t length) {
  if (layout->version == 6) {
    write_short(packet + 4, (uint16_t)(length - IPV6_HEADER));
    return;
  }
  write_short(packet + 2, (uint16_t)length);
  write_short(packet + IPV4_CHECKSUM_AT, 0);
  write_sum(packet + IPV4_CHECKSUM_AT, (uint16_t)~checksum_fold(checksum_add(0, packet, layout->upper_at)));
}

size_t ip_checksum_at(const struct ip_layout *layout) {
  return layout->protocol == PROTOCOL_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT;
}

void ip_finish_checksum(uint8_t *packet, const struct ip_layout *layout, uint64_t sum) {
  uint16_t checksum = (uint16_t)~checksum_fold(sum);
  if (checksum == 0 && layout->protocol == PROTOCOL_UDP) checksum = UINT16_MAX;
  write_sum(packet + layout->upper_at + ip_checksum_at(layout), checksum);
}
