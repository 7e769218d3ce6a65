/* Preloaded into a node: sendmsg with UDP_SEGMENT fails with EIO, as on an interface without checksum offload. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#define UDP_SEGMENT 103

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  ssize_t (*original)(int, const struct msghdr *, int);
  *(void **)&original = dlsym(RTLD_NEXT, "sendmsg");
  for (struct cmsghdr *note = CMSG_FIRSTHDR(message); note != NULL; note = CMSG_NXTHDR((struct msghdr *)message, note)) {
    if (note->cmsg_level != IPPROTO_UDP || note->cmsg_type != UDP_SEGMENT) continue;
    errno = EIO;
    return -1;
  }
  return original(fd, message, flags);
}
