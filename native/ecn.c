/* Traffic classes in IP headers. Called by flow-cache.c; ecn.h describes the functions. */
#include "ecn.h"

#include "checksum.h"

#define ECN_MASK 3u
#define NOT_ECT 0u
#define ECT_1 1u
#define ECT_0 2u
#define CE 3u

#define IPV4_CHECKSUM_AT 10u

uint8_t ip_traffic_class(const uint8_t *packet) {
  return packet[0] >> 4 == 4 ? packet[1] : (uint8_t)(packet[0] << 4 | packet[1] >> 4);
}

/* Writes the ECN field. The IPv4 header checksum changes by the difference (RFC 1624). */
static void write_ecn(uint8_t *packet, uint32_t ecn) {
  if (packet[0] >> 4 != 4) {
    packet[1] = (uint8_t)((packet[1] & ~(ECN_MASK << 4)) | ecn << 4);
    return;
  }
  uint16_t before = read_short(packet);
  packet[1] = (uint8_t)((packet[1] & ~ECN_MASK) | ecn);
  uint32_t sum = (uint16_t)~read_short(packet + IPV4_CHECKSUM_AT) + (uint32_t)(uint16_t)~before + read_short(packet);
  sum = (sum & UINT16_MAX) + (sum >> 16);
  sum = (sum & UINT16_MAX) + (sum >> 16);
  write_short(packet + IPV4_CHECKSUM_AT, (uint16_t)~sum);
}

bool ecn_combine(uint8_t *packet, uint32_t traffic_class) {
  uint32_t outer = traffic_class & ECN_MASK, inner = ip_traffic_class(packet) & ECN_MASK;
  if (outer == CE && inner == NOT_ECT) return false;
  bool is_raised = (outer == CE && inner != CE) || (outer == ECT_1 && inner == ECT_0);
  if (is_raised) write_ecn(packet, outer);
  return true;
}
