/*
 * Fuzzer of split.c and join.c: random and valid packets with random and valid headers, in memory of exactly their size, so
 * that an address sanitizer finds every access beyond that memory. Joined packets must split into the same bytes again.
 *
 *   cc -std=gnu11 -fsanitize=address,undefined -O1 -g -I.. -o split-join split-join.c ../split.c ../join.c ../ip.c ../checksum.c
 *   ./split-join SECONDS [SEED]       exit 1 at the first difference; the seed repeats it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checksum.h"
#include "join.h"
#include "split.h"

#define ROOM_MAX (1u << 20)

static uint64_t state;
static unsigned long long bytes_tried, splits_done, groups_joined, segments_joined;

static uint32_t any(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 32);
}

static uint32_t below(uint32_t end) {
  return any() % end;
}

static bool chance(uint32_t one_in) {
  return below(one_in) == 0;
}

static void *allocate(size_t size) {
  void *memory = malloc(size == 0 ? 1 : size);
  if (memory == NULL) abort();
  return memory;
}

static void fail(const char *what) {
  fprintf(stderr, "split-join: %s\n", what);
  abort();
}

static void fill(uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length; at++) bytes[at] = (uint8_t)any();
}

static const struct join_rules RULES = {true, true};

/* Clears the IPv4 identification where fragmentation is forbidden: the kernel writes any number there. */
static void clear_identification(uint8_t *packet) {
  if (packet[0] >> 4 != 4 || (packet[6] & 0x40) == 0) return;
  memset(packet + 4, 0, 2);
  memset(packet + 10, 0, 2);
}

static void compare_segment(const uint8_t *original, const uint8_t *again, size_t length) {
  uint8_t *left = allocate(length), *right = allocate(length);
  memcpy(left, original, length);
  memcpy(right, again, length);
  clear_identification(left);
  clear_identification(right);
  if (memcmp(left, right, length) != 0) fail("splitting a joined packet gives other bytes");
  free(left);
  free(right);
}

/* Writes the super-packet that the kernel would get for a group of segments. Returns its length. */
static size_t write_super_packet(const uint8_t *bytes, const struct segments *segments, size_t first,
                                 const struct joined *joined, uint8_t *to) {
  size_t at = joined->payload_at;
  memcpy(to, joined->header, at);
  for (size_t segment = first; segment < first + joined->count; segment++) {
    size_t payload = segment_length(segments, segment) - joined->payload_at;
    memcpy(to + at, bytes + segment_at(segments, segment) + joined->payload_at, payload);
    at += payload;
  }
  return at;
}

static void split_again(const uint8_t *bytes, const struct segments *segments, size_t first, const struct joined *joined) {
  static uint8_t super[ROOM_MAX], again[ROOM_MAX];
  struct segments parts;
  size_t length = write_super_packet(bytes, segments, first, joined, super);
  if (length > PACKET_MAX) fail("a super-packet is too long");
  if (split(&joined->vnet, super, length, again, sizeof again, 0, &parts) != SPLIT_DONE) fail("a joined packet does not split");
  if (parts.count != joined->count) fail("splitting gives another number of packets");
  for (size_t segment = 0; segment < parts.count; segment++) {
    if (segment_length(&parts, segment) != segment_length(segments, first + segment)) fail("splitting gives another length");
    const uint8_t *original = bytes + segment_at(segments, first + segment);
    compare_segment(original, again + segment_at(&parts, segment), segment_length(&parts, segment));
  }
  groups_joined++;
  segments_joined += joined->count;
}

static size_t join_all(const uint8_t *bytes, const struct segments *segments) {
  struct joined joined;
  size_t groups = 0;
  for (size_t segment = 0; segment < segments->count; segment += joined.count, groups++) {
    join(bytes, segments, segment, RULES, &joined);
    if (joined.count == 0 || segment + joined.count > segments->count) fail("a group exceeds its segments");
    if (joined.count > 1) split_again(bytes, segments, segment, &joined);
  }
  return groups;
}

static size_t extent(const struct segments *segments) {
  return segments->last_at + segments->last_length;
}

static void check_segments(const struct segments *segments, size_t room) {
  for (size_t segment = 0; segment < segments->count; segment++) {
    if (segment_at(segments, segment) + segment_length(segments, segment) > room) fail("a segment exceeds its room");
  }
}

/* Splits into memory of exactly `room` bytes, and joins the segments again from memory of exactly their size. */
static void split_and_join(const struct virtio_net_hdr *vnet, const uint8_t *packet, size_t length, size_t room) {
  struct segments segments;
  uint8_t *to = allocate(room);
  if (split(vnet, packet, length, to, room, below(40), &segments) == SPLIT_DONE) {
    splits_done++;
    check_segments(&segments, room);
    uint8_t *exact = allocate(extent(&segments));
    memcpy(exact, to, extent(&segments));
    join_all(exact, &segments);
    free(exact);
  }
  free(to);
}

static uint16_t random_short(void) {
  static const uint16_t EDGES[] = {0, 1, 2, 7, 8, 19, 20, 28, 40, 60, 1448, 32767, 32768, 65534, 65535};
  return chance(2) ? EDGES[below(sizeof EDGES / sizeof *EDGES)] : (uint16_t)below(chance(2) ? 100 : 65536);
}

static struct virtio_net_hdr random_header(void) {
  static const uint8_t TYPES[] = {0, 1, 3, 4, 5, 0x81, 0x84, 0x85, 255};
  return (struct virtio_net_hdr){(uint8_t)below(4),  TYPES[below(sizeof TYPES)], random_short(),
                                 random_short(),    random_short(),            random_short()};
}

static void try_noise(void) {
  static const uint8_t FIRST[] = {0x45, 0x60, 0x40, 0x44, 0x4f, 0x6f, 0x00, 0xff};
  size_t length = chance(4) ? below(65600) : below(200);
  uint8_t *packet = allocate(length);
  struct virtio_net_hdr vnet = random_header();
  fill(packet, length);
  if (length > 40) {
    packet[0] = FIRST[below(sizeof FIRST)];
    packet[9] = packet[6] = chance(2) ? PROTOCOL_TCP : PROTOCOL_UDP;
    if (chance(2)) write_short(packet + 2, (uint16_t)length);
  }
  bytes_tried += length;
  split_and_join(&vnet, packet, length, chance(2) ? below(2000) : ROOM_MAX);
  free(packet);
}

static struct ip_layout any_layout(void) {
  uint8_t version = chance(2) ? 4 : 6, protocol = chance(2) ? PROTOCOL_TCP : PROTOCOL_UDP;
  size_t upper_at = version == 4 ? IPV4_HEADER : IPV6_HEADER;
  size_t upper = protocol == PROTOCOL_UDP ? UDP_HEADER : TCP_HEADER + 4 * below(11);
  return (struct ip_layout){version, protocol, upper_at, upper_at + upper};
}

/* Makes a super-packet like one of the kernel. */
static void make_valid(uint8_t *packet, const struct ip_layout *layout, size_t length) {
  uint8_t *upper = packet + layout->upper_at;
  fill(packet, length);
  packet[0] = layout->version == 4 ? 0x45 : 0x60;
  packet[6] = layout->version == 4 ? (uint8_t)(below(2) << 6) : layout->protocol;
  packet[7] = layout->version == 4 ? 0 : 64;
  if (layout->version == 4) packet[9] = layout->protocol;
  if (layout->protocol == PROTOCOL_TCP) upper[TCP_LENGTH_AT] = (uint8_t)((layout->payload_at - layout->upper_at) << 2);
  if (layout->protocol == PROTOCOL_TCP) upper[TCP_FLAGS_AT] = (uint8_t)(TCP_ACK | (chance(2) ? TCP_PSH : 0));
  ip_set_length(packet, layout, length);
}

static struct virtio_net_hdr valid_header(const struct ip_layout *layout, uint16_t segment) {
  uint8_t tcp = layout->version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
  return (struct virtio_net_hdr){
      .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
      .gso_type = layout->protocol == PROTOCOL_TCP ? tcp : 5,
      .gso_size = segment,
      .csum_start = (uint16_t)layout->upper_at,
      .csum_offset = (uint16_t)ip_checksum_at(layout),
  };
}

/* Damages packets as a network would: flips bits, swaps two packets, shortens the last one. */
static void damage(uint8_t *bytes, struct segments *segments) {
  size_t size = extent(segments);
  for (uint32_t left = below(3); left > 0; left--) bytes[below((uint32_t)size)] ^= (uint8_t)(1u << below(8));
  if (segments->count > 2 && chance(2)) {
    size_t segment = below((uint32_t)segments->count - 2);
    uint8_t *swap = allocate(segments->length);
    memcpy(swap, bytes + segment * segments->stride, segments->length);
    memmove(bytes + segment * segments->stride, bytes + (segment + 1) * segments->stride, segments->length);
    memcpy(bytes + (segment + 1) * segments->stride, swap, segments->length);
    free(swap);
  }
  if (chance(4)) segments->last_length = below((uint32_t)segments->last_length + 1);
}

static void try_valid(void) {
  static uint8_t room[ROOM_MAX];
  struct ip_layout layout = any_layout();
  uint16_t segment = (uint16_t)(8 + below(chance(4) ? 9000 : 1500));
  size_t length = layout.payload_at + 1 + below(chance(2) ? 10000 : (uint32_t)(PACKET_MAX - layout.payload_at));
  uint8_t *packet = allocate(length);
  struct virtio_net_hdr vnet = valid_header(&layout, segment);
  struct segments segments;
  make_valid(packet, &layout, length);
  bytes_tried += length;
  if (split(&vnet, packet, length, room, sizeof room, below(40), &segments) == SPLIT_DONE) {
    splits_done++;
    check_segments(&segments, sizeof room);
    uint8_t *exact = allocate(extent(&segments));
    memcpy(exact, room, extent(&segments));
    size_t limit = layout.protocol == PROTOCOL_TCP ? JOIN_TCP_MAX : JOIN_UDP_MAX;
    if (join_all(exact, &segments) != (segments.count + limit - 1) / limit) fail("valid packets are not joined");
    damage(exact, &segments);
    join_all(exact, &segments);
    free(exact);
  }
  free(packet);
}

/* Flags that belong to one segment: CWR only in the first, FIN and PSH only in the last. */
static void try_flags(void) {
  static uint8_t room[ROOM_MAX];
  struct ip_layout layout = any_layout();
  size_t length = layout.payload_at + 3000;
  uint8_t packet[JOIN_HEADER_MAX + 3000];
  struct virtio_net_hdr vnet = valid_header(&layout, 1000);
  struct segments segments;
  if (layout.protocol != PROTOCOL_TCP) return;
  make_valid(packet, &layout, length);
  packet[layout.upper_at + TCP_FLAGS_AT] = TCP_ACK | TCP_CWR | TCP_FIN | TCP_PSH;
  bool is_split = split(&vnet, packet, length, room, sizeof room, below(40), &segments) == SPLIT_DONE;
  if (!is_split || segments.count != 3) fail("splitting does not give three packets");
  static const uint8_t EXPECTED[] = {TCP_ACK | TCP_CWR, TCP_ACK, TCP_ACK | TCP_FIN | TCP_PSH};
  for (size_t segment = 0; segment < segments.count; segment++) {
    uint8_t flags = room[segment_at(&segments, segment) + layout.upper_at + TCP_FLAGS_AT];
    if (flags != EXPECTED[segment]) fail("a flag is on the wrong packet");
  }
}

int main(int count, char **arguments) {
  double seconds = count > 1 ? atof(arguments[1]) : 1;
  state = count > 2 ? strtoull(arguments[2], NULL, 10) : (uint64_t)time(NULL);
  printf("seed %llu\n", (unsigned long long)state);
  fflush(stdout);
  state = state * 0x9e3779b97f4a7c15u + 1;
  for (clock_t start = clock(); (double)(clock() - start) < seconds * CLOCKS_PER_SEC;) {
    for (int turn = 0; turn < 100; turn++) {
      try_noise();
      try_valid();
      try_flags();
    }
  }
  printf("%llu bytes, %llu split, %llu groups of %llu packets joined\n", bytes_tried, splits_done, groups_joined,
         segments_joined);
  return 0;
}
