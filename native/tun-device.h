#ifndef MOSAIC_TUN_DEVICE_H
#define MOSAIC_TUN_DEVICE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "join.h"
#include "segments.h"

/* An open TUN interface: its descriptor, the name that the kernel gave it, and what it takes and gives. */
struct tun_device {
  int fd;
  char name[IFNAMSIZ];
  /* Every read and write begins with a virtio_net_hdr; without it there are no super-packets either way. */
  bool has_header;
  struct join_rules rules;
};

/*
 * Opens a non-blocking TUN device, without link header. A `%d` in the wanted name becomes the first free number.
 * EEXIST: an interface of that name exists and is no TUN interface that could be joined.
 */
struct failure tun_device_open(const char *wanted, bool offload, struct tun_device *device);

/*
 * Whether the kernel takes a super-packet as we make them: some kernels refuse all of them. The device is up. What is
 * written to find out goes no further than the kernel.
 */
bool tun_device_takes_super_packets(const struct tun_device *device);

/* What became of the packets of one write. */
struct tun_written {
  uint32_t packets;
  uint32_t super_packets;
  uint64_t bytes;
  /* The last refusal, and how many packets were refused; 0 when none was. */
  int error;
  uint32_t refused;
};

/* Hands packets to the kernel, in order, in as few writes as the rules of joining allow. */
struct tun_written tun_device_write(const struct tun_device *device, const uint8_t *bytes, const struct segments *segments);

#endif
