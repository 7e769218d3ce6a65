/*
 * A TUN device of the kernel: opening it with offloads, and writing packets to it. Writing is the end of the inbound path:
 * tun.c and flow-cache.c call tun_device_write, which joins consecutive packets of a flow into super-packets (join.c).
 */
#include "tun-device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

/* Flags that are newer than the kernel headers of some distributions. The kernel accepts only both together. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static int attach(int fd, const char *wanted, bool has_header, struct tun_device *device) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, wanted, IFNAMSIZ - 1);
  request.ifr_flags = (short)((device->is_tap ? IFF_TAP : IFF_TUN) | IFF_NO_PI | (has_header ? IFF_VNET_HDR : 0));
  if (ioctl(fd, TUNSETIFF, &request) < 0) return errno;
  memcpy(device->name, request.ifr_name, IFNAMSIZ);
  return 0;
}

/* Enables segmentation offload of TCP and UDP, or of TCP alone if the kernel refuses both. */
static bool set_offload(int fd, struct join_rules *rules) {
  unsigned tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6, udp = TUN_F_USO4 | TUN_F_USO6;
  *rules = (struct join_rules){true, true};
  if (ioctl(fd, TUNSETOFFLOAD, tcp | udp) == 0) return true;
  rules->udp = false;
  if (ioctl(fd, TUNSETOFFLOAD, tcp) == 0) return true;
  rules->tcp = false;
  return false;
}

static struct failure open_plain(const char *wanted, struct tun_device *device) {
  device->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (device->fd < 0) return (struct failure){errno, "open"};
  int number = attach(device->fd, wanted, false, device);
  if (number == 0) return NO_FAILURE;
  close(device->fd);
  return (struct failure){number == EINVAL && if_nametoindex(wanted) != 0 ? EEXIST : number, "TUNSETIFF"};
}

/*
 * Returns false when the kernel has no offloads. The caller then opens the device without virtio_net_hdr, because this header
 * costs time.
 */
static bool open_offloaded(const char *wanted, struct tun_device *device) {
  device->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (device->fd < 0) return false;
  if (attach(device->fd, wanted, true, device) == 0 && set_offload(device->fd, &device->rules)) return true;
  close(device->fd);
  return false;
}

struct failure tun_device_open(const char *wanted, bool offload, struct tun_device *device) {
  device->has_header = offload && open_offloaded(wanted, device);
  if (device->has_header) return NO_FAILURE;
  device->rules = (struct join_rules){false, false};
  return open_plain(wanted, device);
}

static int write_all(int fd, const struct iovec *parts, size_t count) {
  ssize_t written;
  do written = writev(fd, parts, (int)count);
  while (written < 0 && errno == EINTR);
  return written < 0 ? errno : 0;
}

static int write_one(const struct tun_device *device, const uint8_t *packet, size_t length) {
  static const struct virtio_net_hdr NO_OFFLOAD;
  struct iovec parts[2] = {{(void *)&NO_OFFLOAD, sizeof NO_OFFLOAD}, {(void *)packet, length}};
  return device->has_header ? write_all(device->fd, parts, 2) : write_all(device->fd, parts + 1, 1);
}

static int write_joined(const struct tun_device *device, const uint8_t *bytes, const struct segments *segments, size_t first,
                        struct joined *joined) {
  struct iovec parts[2 + JOIN_TCP_MAX] = {{&joined->vnet, sizeof joined->vnet}, {joined->header, joined->payload_at}};
  for (size_t at = 0; at < joined->count; at++) {
    const uint8_t *payload = bytes + segment_at(segments, first + at) + joined->payload_at;
    parts[2 + at] = (struct iovec){(void *)payload, segment_length(segments, first + at) - joined->payload_at};
  }
  return write_all(device->fd, parts, 2 + joined->count);
}

static void count_written(struct tun_written *written, const struct segments *segments, size_t first, size_t count, int error) {
  if (error != 0) {
    written->error = error;
    written->refused += (uint32_t)count;
    return;
  }
  written->packets += (uint32_t)count;
  if (count > 1) written->super_packets++;
  for (size_t at = first; at < first + count; at++) written->bytes += segment_length(segments, at);
}

/* Writes packets one by one: the kernel may accept single packets after it has refused their super-packet. */
static void write_singly(const struct tun_device *device, const uint8_t *bytes, const struct segments *segments, size_t first,
                         size_t count, struct tun_written *written) {
  for (size_t at = first; at < first + count; at++) {
    count_written(written, segments, at, 1, write_one(device, bytes + segment_at(segments, at), segment_length(segments, at)));
  }
}

struct tun_written tun_device_write(const struct tun_device *device, const uint8_t *bytes, const struct segments *segments) {
  struct tun_written written = {0};
  struct joined joined;
  for (size_t at = 0; at < segments->count; at += joined.count) {
    join(bytes, segments, at, device->rules, &joined);
    int error = joined.count > 1 ? write_joined(device, bytes, segments, at, &joined) : EINVAL;
    if (error == EINVAL) write_singly(device, bytes, segments, at, joined.count, &written);
    else count_written(&written, segments, at, joined.count, error);
  }
  return written;
}

/* The kernel discards the packet because its source is 127.0.0.1. The TCP checksum is left to the kernel. */
bool tun_device_takes_super_packets(const struct tun_device *device) {
  static const uint8_t HEADER[IPV4_HEADER + TCP_HEADER] = {
      0x45, 0, 0, 240, 0, 0, 0x40, 0, 1, PROTOCOL_TCP, 0x38, 0x06, 127, 0, 0, 1, 192, 0, 2, 1,
      0,    9, 0, 9,   0, 0, 0,    0, 0, 0,            0,    0,    0x50, TCP_ACK,
  };
  uint8_t payload[200] = {0};
  struct virtio_net_hdr vnet = {VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, sizeof HEADER, 100, IPV4_HEADER,
                                TCP_CHECKSUM_AT};
  struct iovec parts[3] = {{&vnet, sizeof vnet}, {(void *)HEADER, sizeof HEADER}, {payload, sizeof payload}};
  return device->has_header && write_all(device->fd, parts, 3) == 0;
}
