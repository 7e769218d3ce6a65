#ifndef MOSAIC_TUN_DEVICE_H
#define MOSAIC_TUN_DEVICE_H

#include <net/if.h>

#include "failure.h"

/* An open TUN interface: its descriptor, and the name that the kernel gave it. */
struct tun_device {
  int fd;
  char name[IFNAMSIZ];
};

/*
 * Opens a non-blocking TUN device, without link header. A `%d` in the wanted name becomes the first free number.
 * EEXIST: an interface of that name exists and is no TUN interface that could be joined.
 */
struct failure tun_device_open(const char *wanted, struct tun_device *device);

/* Hands one packet to the kernel; an errno, or 0. */
int tun_device_write(int fd, const void *packet, size_t length);

#endif
