/*
 * Joins packets of one flow into a super-packet. This is the inverse of split.c: split() of the super-packet yields the same packets,
 * except that IPv4 packets with the don't-fragment flag may get other identifications. tun-device.c calls it before each write to a
 * TUN device, on the thread of the event loop. Only headers are copied; the payloads stay where they are.
 */
#include "join.h"

#include <string.h>

#include "checksum.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define IPV4_DONT_FRAGMENT 0x40
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_OFFSET 0x1fff

/* A packet that may be joined with others. `payload` is the length of its payload. */
struct candidate {
  const uint8_t *packet;
  struct ip_layout layout;
  size_t length;
  size_t payload;
};

static bool read_ipv4(const uint8_t *packet, size_t length, struct ip_layout *layout) {
  if (packet[0] != 0x45 || read_short(packet + 2) != length) return false;
  if ((read_short(packet + 6) & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET)) != 0) return false;
  *layout = (struct ip_layout){4, packet[9], IPV4_HEADER, 0};
  return checksum_fold(checksum_add(0, packet, IPV4_HEADER)) == UINT16_MAX;
}

static bool read_ipv6(const uint8_t *packet, size_t length, struct ip_layout *layout) {
  if (length < IPV6_HEADER || read_short(packet + 4) != length - IPV6_HEADER) return false;
  *layout = (struct ip_layout){6, packet[6], IPV6_HEADER, 0};
  return true;
}

static bool read_ip(const uint8_t *packet, size_t length, struct ip_layout *layout) {
  if (length < IPV4_HEADER || length > PACKET_MAX) return false;
  if (packet[0] >> 4 == 4) return read_ipv4(packet, length, layout);
  return packet[0] >> 4 == 6 && read_ipv6(packet, length, layout);
}

static bool read_tcp(const uint8_t *packet, size_t length, struct ip_layout *layout) {
  if (layout->upper_at + TCP_HEADER > length) return false;
  const uint8_t *tcp = packet + layout->upper_at;
  size_t header = (size_t)(tcp[TCP_LENGTH_AT] >> 4) * 4;
  layout->payload_at = layout->upper_at + header;
  if (header < TCP_HEADER || (tcp[TCP_LENGTH_AT] & 15) != 0) return false;
  return (tcp[TCP_FLAGS_AT] & ~TCP_PSH) == TCP_ACK;
}

/* Reads a UDP header. A datagram without a checksum is not joined, because the kernel would add a checksum. */
static bool read_udp(const uint8_t *packet, size_t length, struct ip_layout *layout) {
  if (layout->upper_at + UDP_HEADER > length) return false;
  const uint8_t *udp = packet + layout->upper_at;
  layout->payload_at = layout->upper_at + UDP_HEADER;
  return read_short(udp + UDP_LENGTH_AT) == length - layout->upper_at && read_short(udp + UDP_CHECKSUM_AT) != 0;
}

static bool is_intact(const uint8_t *packet, size_t length, const struct ip_layout *layout) {
  size_t upper = length - layout->upper_at;
  uint64_t sum = checksum_add(ip_pseudo_sum(packet, layout, upper), packet + layout->upper_at, upper);
  return checksum_fold(sum) == UINT16_MAX;
}

/* Checks everything except the TCP or UDP checksum. The check of that checksum reads the whole payload, so is_intact makes it last. */
static bool read_candidate(const uint8_t *packet, size_t length, struct join_rules rules, struct candidate *candidate) {
  struct ip_layout *layout = &candidate->layout;
  if (!read_ip(packet, length, layout)) return false;
  bool is_sound = (layout->protocol == PROTOCOL_TCP && rules.tcp && read_tcp(packet, length, layout)) ||
                  (layout->protocol == PROTOCOL_UDP && rules.udp && read_udp(packet, length, layout));
  if (!is_sound || layout->payload_at >= length) return false;
  candidate->packet = packet;
  candidate->length = length;
  candidate->payload = length - layout->payload_at;
  return true;
}

static bool same(const uint8_t *left, const uint8_t *right, size_t from, size_t to) {
  return memcmp(left + from, right + from, to - from) == 0;
}

/*
 * Compares type of service, flags, TTL, protocol and addresses. The kernel gives the segments of a super-packet consecutive
 * identifications, so the identification of the packet at `index` must be the first identification plus `index`. With the
 * don't-fragment flag any identification is accepted.
 */
static bool same_ipv4(const uint8_t *first, const uint8_t *next, size_t index) {
  if (first[1] != next[1] || !same(first, next, 6, 10) || !same(first, next, 12, 20)) return false;
  if ((first[6] & IPV4_DONT_FRAGMENT) != 0) return true;
  return (uint16_t)(read_short(first + 4) + index) == read_short(next + 4);
}

/* Compares traffic class, flow label, next header, hop limit and addresses. */
static bool same_ipv6(const uint8_t *first, const uint8_t *next) {
  return same(first, next, 0, 4) && same(first, next, 6, IPV6_HEADER);
}

static bool same_ip(const struct candidate *first, const struct candidate *next, size_t index) {
  if (first->layout.version != next->layout.version) return false;
  if (first->layout.payload_at != next->layout.payload_at) return false;
  return first->layout.version == 4 ? same_ipv4(first->packet, next->packet, index)
                                    : same_ipv6(first->packet, next->packet);
}

/* Compares ports, acknowledgement number, window and options. The sequence numbers must differ by `offset`, the payload joined so far. */
static bool same_tcp(const uint8_t *first, const uint8_t *next, size_t header, size_t offset) {
  uint32_t expected = read_long(first + TCP_SEQUENCE_AT) + (uint32_t)offset;
  return same(first, next, 0, TCP_SEQUENCE_AT) && read_long(next + TCP_SEQUENCE_AT) == expected &&
         same(first, next, TCP_ACKNOWLEDGED_AT, TCP_FLAGS_AT) &&
         same(first, next, TCP_FLAGS_AT + 1, TCP_CHECKSUM_AT) && same(first, next, TCP_CHECKSUM_AT + 2, header);
}

static bool follows(const struct candidate *first, const struct candidate *next, size_t index, size_t offset) {
  const struct ip_layout *layout = &first->layout;
  if (next->payload > first->payload || !same_ip(first, next, index)) return false;
  if (layout->payload_at + offset + next->payload > PACKET_MAX) return false;
  const uint8_t *upper = first->packet + layout->upper_at, *other = next->packet + layout->upper_at;
  if (layout->protocol == PROTOCOL_UDP) return same(upper, other, 0, UDP_LENGTH_AT);
  return same_tcp(upper, other, layout->payload_at - layout->upper_at, offset);
}

static bool ends_segment(const struct candidate *first, const struct candidate *last) {
  if (last->payload < first->payload) return true;
  return first->layout.protocol == PROTOCOL_TCP && (last->packet[last->layout.upper_at + TCP_FLAGS_AT] & TCP_PSH) != 0;
}

static uint8_t type_of(const struct ip_layout *layout) {
  if (layout->protocol == PROTOCOL_UDP) return VIRTIO_NET_HDR_GSO_UDP_L4;
  return layout->version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
}

/* Writes the headers of the super-packet. The kernel wants the sum of the pseudo-header, not inverted, as the checksum. */
static void write_header(struct joined *joined, const struct candidate *first, const struct candidate *last, size_t payload) {
  const struct ip_layout *layout = &first->layout;
  size_t length = layout->payload_at + payload, upper = length - layout->upper_at;
  uint8_t *header = joined->header, *transport = header + layout->upper_at;
  memcpy(header, first->packet, layout->payload_at);
  ip_set_length(header, layout, length);
  if (layout->protocol == PROTOCOL_TCP) transport[TCP_FLAGS_AT] = last->packet[layout->upper_at + TCP_FLAGS_AT];
  else write_short(transport + UDP_LENGTH_AT, (uint16_t)upper);
  write_sum(transport + ip_checksum_at(layout), checksum_fold(ip_pseudo_sum(header, layout, upper)));
  joined->payload_at = layout->payload_at;
  joined->vnet = (struct virtio_net_hdr){
      .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
      .gso_type = type_of(layout),
      .hdr_len = (uint16_t)layout->payload_at,
      .gso_size = (uint16_t)first->payload,
      .csum_start = (uint16_t)layout->upper_at,
      .csum_offset = (uint16_t)ip_checksum_at(layout),
  };
}

void join(const uint8_t *bytes, const struct segments *segments, size_t first, struct join_rules rules, struct joined *joined) {
  struct candidate start, last, next;
  joined->count = 1;
  if (first + 1 >= segments->count) return;
  if (!read_candidate(bytes + segment_at(segments, first), segment_length(segments, first), rules, &start)) return;
  size_t payload = start.payload, limit = start.layout.protocol == PROTOCOL_TCP ? JOIN_TCP_MAX : JOIN_UDP_MAX;
  last = start;
  while (first + joined->count < segments->count && joined->count < limit && !ends_segment(&start, &last)) {
    size_t segment = first + joined->count;
    if (!read_candidate(bytes + segment_at(segments, segment), segment_length(segments, segment), rules, &next)) break;
    if (!follows(&start, &next, joined->count, payload)) break;
    if (joined->count == 1 && !is_intact(start.packet, start.length, &start.layout)) break;
    if (!is_intact(next.packet, next.length, &next.layout)) break;
    payload += next.payload;
    joined->count++;
    last = next;
  }
  if (joined->count > 1) write_header(joined, &start, &last, payload);
}
