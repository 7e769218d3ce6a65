/*
 * Splits super-packets of the kernel; called by tun-batch.c for each read of a TUN device. The kernel is not trusted to be
 * consistent: every offset that a header gives is checked against the length. Runs on the thread of the event loop, and
 * allocates nothing.
 */
#include "split.h"

#include <stdbool.h>
#include <string.h>

#include "checksum.h"
#include "ip.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* A super-packet: its bytes, the layout of its headers, and the lengths of its payload and of each segment's payload. */
struct super_packet {
  const uint8_t *packet;
  struct ip_layout layout;
  size_t payload;
  size_t segment_payload;
};

static struct segments single(size_t length) {
  return (struct segments){1, length, length, 0, length};
}

/* Computes the checksum that the kernel has left to the reader. The checksum field already holds the sum of the pseudo-header. */
static enum split_result complete_checksum(const struct virtio_net_hdr *vnet, uint8_t *packet, size_t length) {
  size_t start = vnet->csum_start, field = start + vnet->csum_offset;
  if ((vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0) return SPLIT_DONE;
  if (start >= length || field + 2 > length) return SPLIT_MALFORMED;
  uint16_t checksum = (uint16_t)~checksum_fold(checksum_add(0, packet + start, length - start));
  write_sum(packet + field, checksum == 0 && vnet->csum_offset == UDP_CHECKSUM_AT ? UINT16_MAX : checksum);
  return SPLIT_DONE;
}

static enum split_result copy_single(const struct virtio_net_hdr *vnet, const uint8_t *packet, size_t length, uint8_t *to,
                              size_t room, struct segments *segments) {
  if (length > room) return SPLIT_NO_ROOM;
  memcpy(to, packet, length);
  *segments = single(length);
  return complete_checksum(vnet, to, length);
}

/* Reads protocol and IP version from the GSO type. The version in the packet's first byte must agree. */
static bool read_type(uint8_t type, const uint8_t *packet, size_t length, struct ip_layout *layout) {
  if (length < IPV4_HEADER) return false;
  layout->version = packet[0] >> 4;
  switch (type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
      layout->protocol = PROTOCOL_TCP;
      return layout->version == 4;
    case VIRTIO_NET_HDR_GSO_TCPV6:
      layout->protocol = PROTOCOL_TCP;
      return layout->version == 6;
    case VIRTIO_NET_HDR_GSO_UDP_L4:
      layout->protocol = PROTOCOL_UDP;
      return layout->version == 4 || layout->version == 6;
    default:
      return false;
  }
}

/* Returns the offset of the TCP or UDP header. If the packet has IPv6 extension headers, only `csum_start` gives this offset. */
static size_t upper_start(const struct virtio_net_hdr *vnet, const uint8_t *packet, uint8_t version) {
  if (version == 4) return (size_t)(packet[0] & 15) * 4;
  return (vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 ? vnet->csum_start : IPV6_HEADER;
}

/*
 * Reads the offsets from the headers and not from `hdr_len`: if the packet was forwarded, `hdr_len` is the length of the first
 * part that was received.
 */
static bool read_layout(const struct virtio_net_hdr *vnet, const uint8_t *packet, size_t length, struct ip_layout *layout) {
  if (!read_type(vnet->gso_type, packet, length, layout)) return false;
  layout->upper_at = upper_start(vnet, packet, layout->version);
  if (layout->upper_at < (layout->version == 4 ? IPV4_HEADER : IPV6_HEADER)) return false;
  size_t upper = layout->protocol == PROTOCOL_TCP ? TCP_HEADER : UDP_HEADER;
  if (layout->upper_at + upper > length) return false;
  if (layout->protocol == PROTOCOL_TCP) upper = (size_t)(packet[layout->upper_at + TCP_LENGTH_AT] >> 4) * 4;
  layout->payload_at = layout->upper_at + upper;
  return upper >= (layout->protocol == PROTOCOL_TCP ? TCP_HEADER : UDP_HEADER) && layout->payload_at < length;
}

/* Writes the IPv4 identification: the segments of a super-packet have consecutive identifications. */
static void number_ipv4(uint8_t *segment, const uint8_t *packet, size_t index) {
  write_short(segment + 4, (uint16_t)(read_short(packet + 4) + index));
}

/* Only the last segment has FIN and PSH, only the first one CWR. */
static void amend_tcp(uint8_t *tcp, const struct super_packet *super, size_t offset, bool is_last) {
  const uint8_t *original = super->packet + super->layout.upper_at;
  write_long(tcp + TCP_SEQUENCE_AT, read_long(original + TCP_SEQUENCE_AT) + (uint32_t)offset);
  if (!is_last) tcp[TCP_FLAGS_AT] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
  if (offset > 0) tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_CWR;
}

static void write_segment(uint8_t *segment, const struct super_packet *super, size_t index, size_t payload) {
  const struct ip_layout *layout = &super->layout;
  size_t offset = index * super->segment_payload, length = layout->payload_at + payload;
  uint8_t *upper = segment + layout->upper_at;
  memcpy(segment, super->packet, layout->payload_at);
  memcpy(segment + layout->payload_at, super->packet + layout->payload_at + offset, payload);
  if (layout->version == 4) number_ipv4(segment, super->packet, index);
  ip_set_length(segment, layout, length);
  if (layout->protocol == PROTOCOL_TCP) amend_tcp(upper, super, offset, offset + payload == super->payload);
  else write_short(upper + UDP_LENGTH_AT, (uint16_t)(length - layout->upper_at));
  write_short(upper + ip_checksum_at(layout), 0);
  uint64_t sum = ip_pseudo_sum(segment, layout, length - layout->upper_at);
  ip_finish_checksum(segment, layout, checksum_add(sum, upper, length - layout->upper_at));
}

static enum split_result split_payload(const struct super_packet *super, uint8_t *to, size_t room, size_t gap,
                                       struct segments *segments) {
  size_t header = super->layout.payload_at, count = (super->payload + super->segment_payload - 1) / super->segment_payload;
  size_t last = super->payload - (count - 1) * super->segment_payload, full = header + super->segment_payload;
  size_t stride = full + gap;
  if (count > 1 && full > PACKET_MAX) return SPLIT_MALFORMED;
  if ((count - 1) * stride + header + last > room) return SPLIT_NO_ROOM;
  for (size_t index = 0; index < count; index++) {
    write_segment(to + index * stride, super, index, index + 1 == count ? last : super->segment_payload);
  }
  *segments = (struct segments){count, count == 1 ? header + last : full, stride, (count - 1) * stride, header + last};
  return SPLIT_DONE;
}

enum split_result split(const struct virtio_net_hdr *vnet, const uint8_t *packet, size_t length, uint8_t *to, size_t room,
                        size_t gap, struct segments *segments) {
  struct super_packet super = {.packet = packet, .segment_payload = vnet->gso_size};
  if (length == 0 || length > PACKET_MAX) return SPLIT_MALFORMED;
  if (vnet->gso_type == VIRTIO_NET_HDR_GSO_NONE) return copy_single(vnet, packet, length, to, room, segments);
  if (super.segment_payload == 0 || !read_layout(vnet, packet, length, &super.layout)) return SPLIT_MALFORMED;
  super.payload = length - super.layout.payload_at;
  return split_payload(&super, to, room, gap, segments);
}
