#ifndef MOSAIC_INTERFACE_H
#define MOSAIC_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/* An address of 4 or 16 bytes, and the length of its prefix in bits. */
struct interface_address {
  const uint8_t *bytes;
  size_t length;
  unsigned prefix;
};

/* Set up a network interface of this network namespace, by ioctl: a fresh machine may lack the `ip` command. */
struct failure interface_set_mtu(const char *name, int mtu);
struct failure interface_set_address(const char *name, struct interface_address address);
struct failure interface_set_up(const char *name);

/* Returns whether an interface of that name exists and is up. */
bool interface_is_up(const char *name);

/* Sets the greatest number of packets in a super-packet of the kernel. */
struct failure interface_set_max_segments(const char *name, uint32_t segments);

#endif
