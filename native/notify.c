/*
 * Sends one datagram to a Unix socket: a service reports its state to systemd in this way (`sd_notify`), and Node.js has no API for it.
 * The call never blocks, so a service manager that does not read cannot delay the node.
 */
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_MAX 1024

/* `@` stands for the zero byte at the start of an abstract socket name. */
static socklen_t socket_address(const char *path, size_t length, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  if (path[0] == '@') address->sun_path[0] = '\0';
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

static int send_to(const struct sockaddr_un *address, socklen_t size, const char *message, size_t length) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  ssize_t sent = sendto(fd, message, length, MSG_NOSIGNAL, (const struct sockaddr *)address, size);
  int failure = sent < 0 ? errno : 0;
  close(fd);
  return failure;
}

static int notify_of(const char *path, size_t path_length, const char *message, size_t message_length) {
  struct sockaddr_un address;
  if (path_length == 0 || path_length >= sizeof address.sun_path) return EINVAL;
  socklen_t size = socket_address(path, path_length, &address);
  return send_to(&address, size, message, message_length);
}

napi_value notify(napi_env env, napi_callback_info info) {
  /*
   * Room for the terminating zero and for more bytes than are allowed. Node-API truncates a longer string without an error, and the
   * surplus byte still shows that the string is too long.
   */
  char path[sizeof((struct sockaddr_un *)0)->sun_path + 2];
  char message[MESSAGE_MAX + 2];
  size_t path_length = 0, message_length = 0, count = 2;
  napi_value arguments[2], result;
  int failure = EINVAL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  if (count == 2 && napi_get_value_string_utf8(env, arguments[0], path, sizeof path, &path_length) == napi_ok &&
      napi_get_value_string_utf8(env, arguments[1], message, sizeof message, &message_length) == napi_ok &&
      message_length <= MESSAGE_MAX)
    failure = notify_of(path, path_length, message, message_length);
  napi_create_int32(env, failure, &result);
  return result;
}
