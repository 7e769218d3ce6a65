/*
 * Sends malformed packets or datagrams until it is killed.
 *
 *   malformed device NAME SEED                 packets and super-packets, to be read from a TUN device
 *   malformed socket ADDRESS PORT SEED FILE    datagrams made of samples in FILE, each preceded by its length in two bytes
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKET_MAX 65535u
#define SAMPLES_MAX 256
#define UDP_MAX 65507u
#define FRAGMENT_HEADER 12u

static uint64_t state;

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

static void fill(uint8_t *bytes, size_t length) {
  for (size_t at = 0; at + 4 <= length; at += 4) {
    uint32_t word = any();
    memcpy(bytes + at, &word, 4);
  }
}

static void put_short(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static uint32_t edge(void) {
  static const uint16_t EDGES[] = {0, 1, 2, 7, 8, 19, 20, 28, 40, 60, 536, 1400, 1448, 32768, 65534, 65535};
  return chance(2) ? EDGES[below(sizeof EDGES / sizeof *EDGES)] : below(chance(2) ? 100 : 65536);
}

/* IPv4: lengths, header lengths and overlapping fragments, all of them sometimes wrong. */
static void make_v4(uint8_t *packet, uint32_t length) {
  packet[0] = (uint8_t)(0x40 | (chance(4) ? below(16) : 5));
  put_short(packet + 2, chance(3) ? edge() : length);
  put_short(packet + 4, below(4));
  put_short(packet + 6, chance(4) ? below(3) << 13 | below(200) : 0x4000);
  packet[8] = (uint8_t)(chance(8) ? below(3) : 64);
  packet[9] = (uint8_t)(chance(4) ? any() : chance(2) ? 6 : 17);
  memcpy(packet + 12, "\x64\x40\x08\x01\x64\x40\x08\x02", 8);
  if (chance(8)) packet[16] = (uint8_t)any();
}

/* IPv6: chains of extension headers, which may be very long, or end beyond the packet. */
static void make_v6(uint8_t *packet, uint32_t length) {
  static const uint8_t HEADERS[] = {0, 43, 44, 50, 51, 60, 135, 139, 140, 253, 6, 17, 58, 59};
  uint32_t at = 40;
  packet[0] = (uint8_t)(0x60 | below(16));
  put_short(packet + 4, chance(3) ? edge() : length - 40);
  packet[6] = HEADERS[below(sizeof HEADERS)];
  packet[7] = 64;
  for (uint32_t left = below(40); left > 0 && at + 8 <= length; left--) {
    packet[at] = HEADERS[below(sizeof HEADERS)];
    packet[at + 1] = (uint8_t)(chance(4) ? any() : below(3));
    at += 8 * (packet[at + 1] + 1u);
  }
}

static void make_upper(uint8_t *upper, uint32_t length) {
  if (length < 20) return;
  upper[12] = (uint8_t)(chance(3) ? any() : 0x50);
  upper[13] = (uint8_t)(chance(3) ? any() : 0x10);
  if (chance(2)) put_short(upper + 4, chance(2) ? edge() : length);
}

static uint32_t make_packet(uint8_t *packet) {
  uint32_t length = chance(8) ? below(PACKET_MAX) : below(chance(2) ? 120 : 1500);
  fill(packet, length);
  if (chance(16) || length < 40) return length;
  bool is_v4 = chance(2);
  if (is_v4) make_v4(packet, length);
  else make_v6(packet, length);
  make_upper(packet + (is_v4 ? 20 : 40), length - (is_v4 ? 20 : 40));
  return length;
}

/* A virtio_net_hdr that the kernel accepts for a super-packet, sometimes with an odd segment size. */
static struct virtio_net_hdr fitting_header(const uint8_t *packet) {
  bool is_v4 = packet[0] >> 4 == 4, is_tcp = packet[is_v4 ? 9 : 6] == 6;
  uint16_t upper = is_v4 ? 20 : 40;
  return (struct virtio_net_hdr){.flags = 1,
                                 .gso_type = is_tcp ? (is_v4 ? 1 : 4) : 5,
                                 .hdr_len = (uint16_t)(upper + (is_tcp ? 20 : 8)),
                                 .gso_size = (uint16_t)(chance(2) ? edge() : 1 + below(1500)),
                                 .csum_start = upper,
                                 .csum_offset = is_tcp ? 16 : 6};
}

static struct virtio_net_hdr make_header(const uint8_t *packet, uint32_t length) {
  static const uint8_t TYPES[] = {0, 1, 3, 4, 5, 0x81, 0x84, 0x85, 255};
  if (chance(3)) return (struct virtio_net_hdr){0};
  if (length > 60 && chance(2)) return fitting_header(packet);
  struct virtio_net_hdr header = {.flags = (uint8_t)(chance(4) ? below(4) : 1), .gso_type = TYPES[below(sizeof TYPES)]};
  header.hdr_len = (uint16_t)(chance(2) ? edge() : 40);
  header.gso_size = (uint16_t)(chance(2) ? edge() : 1 + below(1500));
  header.csum_start = (uint16_t)(chance(2) ? 20 + 20 * below(2) : below(length + 1));
  header.csum_offset = (uint16_t)(chance(2) ? 16 : chance(2) ? 6 : edge());
  return header;
}

static void feed_device(const char *name) {
  static uint8_t frame[sizeof(struct virtio_net_hdr) + PACKET_MAX];
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP)), on = 1;
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
  if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0) {
    perror("AF_PACKET");
    exit(1);
  }
  for (;;) {
    uint32_t length = make_packet(frame + sizeof(struct virtio_net_hdr));
    struct virtio_net_hdr header = make_header(frame + sizeof(struct virtio_net_hdr), length);
    memcpy(frame, &header, sizeof header);
    to.sll_protocol = htons(chance(2) ? ETH_P_IP : ETH_P_IPV6);
    /* The kernel refuses some of these packets; that is no failure. */
    sendto(fd, frame, sizeof header + length, 0, (struct sockaddr *)&to, sizeof to);
  }
}

struct sample {
  uint32_t length;
  uint8_t bytes[PACKET_MAX];
};

static struct sample *samples;
static size_t samples_count;

static void read_samples(const char *path) {
  FILE *file = fopen(path, "rb");
  uint8_t length[2];
  samples = calloc(SAMPLES_MAX, sizeof *samples);
  if (file == NULL || samples == NULL) exit(1);
  while (samples_count < SAMPLES_MAX && fread(length, 1, 2, file) == 2) {
    struct sample *sample = samples + samples_count++;
    sample->length = (uint32_t)length[0] << 8 | length[1];
    if (fread(sample->bytes, 1, sample->length, file) != sample->length) exit(1);
  }
  fclose(file);
  if (samples_count == 0) exit(1);
}

/* Makes a fragment of a message, with wrong numbers, or contradicting other fragments of the message. */
static uint32_t make_fragment(uint8_t *bytes, uint32_t length) {
  memcpy(bytes, "MZ\1\1", 4);
  memset(bytes + 4, (int)below(3), 4);
  put_short(bytes + 8, chance(4) ? edge() : below(5));
  put_short(bytes + 10, chance(4) ? edge() : 2 + below(4));
  return length < FRAGMENT_HEADER ? FRAGMENT_HEADER : length;
}

static void alter(uint8_t *bytes, uint32_t *length) {
  static const uint8_t BYTES[] = {0, 1, 0x7f, 0x80, 0xff, 5, 6, 7, 8, 9, 10, 11, 0x45, 0x60};
  uint32_t at = *length == 0 ? 0 : below(*length), many;
  switch (below(7)) {
    case 0:
      bytes[at] ^= (uint8_t)(1u << below(8));
      break;
    case 1:
      bytes[at] = BYTES[below(sizeof BYTES)];
      break;
    case 2:
      *length = at;
      break;
    case 3:
      many = below(2000);
      if (*length + many <= UDP_MAX) fill(bytes + *length, many), *length += many;
      break;
    case 4:
      many = below(64);
      if (at + many <= *length) memmove(bytes + at, bytes + at + many, *length - at - many), *length -= many;
      break;
    case 5:
      many = below(64);
      if (*length + many <= UDP_MAX) memmove(bytes + at + many, bytes + at, *length - at), *length += many;
      break;
    default:
      fill(bytes + at, *length - at < 8 ? *length - at : 8);
  }
}

static uint32_t make_datagram(uint8_t *bytes) {
  const struct sample *sample = samples + below((uint32_t)samples_count);
  uint32_t length = sample->length;
  memcpy(bytes, sample->bytes, length);
  if (chance(6) && length + sample->length - 4 <= UDP_MAX && length > 4) {
    memcpy(bytes + length, sample->bytes + 4, sample->length - 4);
    length += sample->length - 4;
  }
  for (uint32_t left = below(4); left > 0; left--) alter(bytes, &length);
  if (chance(8)) length = make_fragment(bytes, length);
  if (chance(64)) fill(bytes, length = below(UDP_MAX));
  return length;
}

static void feed_socket(const char *address, const char *port) {
  static uint8_t bytes[2 * PACKET_MAX];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1) exit(1);
  for (;;) sendto(fd, bytes, make_datagram(bytes), 0, (struct sockaddr *)&to, sizeof to);
}

int main(int count, char **arguments) {
  if (count == 4 && strcmp(arguments[1], "device") == 0) {
    state = 0x9e3779b97f4a7c15u ^ strtoull(arguments[3], NULL, 10);
    feed_device(arguments[2]);
  }
  if (count == 6 && strcmp(arguments[1], "socket") == 0) {
    state = 0x9e3779b97f4a7c15u ^ strtoull(arguments[4], NULL, 10);
    read_samples(arguments[5]);
    feed_socket(arguments[2], arguments[3]);
  }
  return 2;
}
