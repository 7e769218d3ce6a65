#ifndef MOSAIC_TUN_DEVICE_H
#define MOSAIC_TUN_DEVICE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "join.h"
#include "segments.h"

/* An open TUN or TAP interface. `name` is the name that the kernel gave it. */
struct tun_device {
  int fd;
  char name[IFNAMSIZ];
  /* Whether packets begin with an Ethernet header. */
  bool is_tap;
  /* Whether the device was opened with IFF_VNET_HDR. Then every read and write begins with a virtio_net_hdr. Super-packets need it. */
  bool has_header;
  /* Protocols of which the kernel accepts super-packets. */
  struct join_rules rules;
};

/*
 * Opens a non-blocking TUN device without link header, or a TAP device if `device->is_tap`. The kernel replaces a `%d` in the
 * wanted name by the first free number.
 * With `offload` the device gets as many segmentation offloads as the kernel has. EEXIST: an interface of that name exists, but
 * it is no interface of this kind to which this process could attach.
 */
struct failure tun_device_open(const char *wanted, bool offload, struct tun_device *device);

/*
 * Returns whether the kernel accepts super-packets as join() makes them; some kernels refuse all such packets. The interface
 * must be up. The test writes one packet that the kernel discards on receipt.
 */
bool tun_device_takes_super_packets(const struct tun_device *device);

/* Result of a write. */
struct tun_written {
  uint32_t packets;
  uint32_t super_packets;
  uint64_t bytes;
  /* The last errno, or 0, and the number of packets that the kernel refused. */
  int error;
  uint32_t refused;
};

/* Writes packets to the device, in order, in as few system calls as `rules` allow. */
struct tun_written tun_device_write(const struct tun_device *device, const uint8_t *bytes, const struct segments *segments);

#endif
