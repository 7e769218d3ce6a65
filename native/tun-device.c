#include "tun-device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct failure attach(int fd, const char *wanted, char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, wanted, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &request) < 0) {
    int number = errno;
    return (struct failure){number == EINVAL && if_nametoindex(wanted) != 0 ? EEXIST : number, "TUNSETIFF"};
  }
  memcpy(name, request.ifr_name, IFNAMSIZ);
  return NO_FAILURE;
}

struct failure tun_device_open(const char *wanted, struct tun_device *device) {
  device->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (device->fd < 0) return (struct failure){errno, "open"};
  struct failure failure = attach(device->fd, wanted, device->name);
  if (failure.number != 0) close(device->fd);
  return failure;
}

int tun_device_write(int fd, const void *packet, size_t length) {
  ssize_t written;
  do written = write(fd, packet, length);
  while (written < 0 && errno == EINTR);
  return written < 0 ? errno : 0;
}
