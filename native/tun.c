/*
 * A TUN interface as a JavaScript object. Packets come to JavaScript in batches, one call a wake of the event loop;
 * each write is one packet. The struct has two owners, the JavaScript object and the poll handle; the last one out
 * frees it. The descriptor is closed only when libuv has let go of it.
 */
#include "tun.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "batch.h"
#include "failure.h"
#include "interface.h"
#include "tun-device.h"

struct tun {
  struct tun_device device;
  uv_poll_t poll;
  napi_env env;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  /* What must live as long as the poll handle may call: the room's two arrays and the functions. */
  napi_ref arena, index, wake, closed;
  struct batch_room room;
  bool closing;
  /* The environment is being torn down: no JavaScript any more. */
  bool ending;
  int owners;
};

static void release(struct tun *tun) {
  if (--tun->owners == 0) free(tun);
}

static void drop_reference(struct tun *tun, napi_ref *reference) {
  if (*reference != NULL) napi_delete_reference(tun->env, *reference);
  *reference = NULL;
}

static void call(struct tun *tun, napi_ref function, size_t count, const napi_value *arguments) {
  napi_value global, callee, error;
  bool thrown = false;
  napi_get_global(tun->env, &global);
  napi_get_reference_value(tun->env, function, &callee);
  napi_make_callback(tun->env, tun->context, global, callee, count, arguments, NULL);
  napi_is_exception_pending(tun->env, &thrown);
  if (!thrown) return;
  napi_get_and_clear_last_exception(tun->env, &error);
  napi_fatal_exception(tun->env, error);
}

static void deliver(struct tun *tun, struct batch batch) {
  napi_handle_scope scope;
  napi_value arguments[2];
  if (napi_open_handle_scope(tun->env, &scope) != napi_ok) return;
  napi_create_uint32(tun->env, batch.count, &arguments[0]);
  napi_create_int32(tun->env, batch.error, &arguments[1]);
  call(tun, tun->wake, 2, arguments);
  napi_close_handle_scope(tun->env, scope);
}

/* An error stays readable for ever, so it is reported once and ends the polling. */
static void on_readable(uv_poll_t *poll, int status, int events) {
  struct tun *tun = poll->data;
  (void)events;
  struct batch batch = status < 0 ? (struct batch){0, -status} : batch_read(tun->device.fd, tun->room);
  if (batch.error != 0) uv_poll_stop(poll);
  if (batch.count > 0 || batch.error != 0) deliver(tun, batch);
}

static void announce_closed(struct tun *tun) {
  napi_handle_scope scope;
  if (tun->ending || tun->closed == NULL || napi_open_handle_scope(tun->env, &scope) != napi_ok) return;
  call(tun, tun->closed, 0, NULL);
  napi_close_handle_scope(tun->env, scope);
}

static void on_closed(uv_handle_t *handle) {
  struct tun *tun = handle->data;
  close(tun->device.fd);
  announce_closed(tun);
  drop_reference(tun, &tun->arena);
  drop_reference(tun, &tun->index);
  drop_reference(tun, &tun->wake);
  drop_reference(tun, &tun->closed);
  napi_async_destroy(tun->env, tun->context);
  napi_remove_async_cleanup_hook(tun->cleanup);
  release(tun);
}

static void begin_close(struct tun *tun) {
  if (tun->closing) return;
  tun->closing = true;
  uv_poll_stop(&tun->poll);
  uv_close((uv_handle_t *)&tun->poll, on_closed);
}

static void on_environment_end(napi_async_cleanup_hook_handle handle, void *data) {
  struct tun *tun = data;
  (void)handle;
  tun->ending = true;
  begin_close(tun);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  begin_close(data);
  release(data);
}

static struct tun *self(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments) {
  napi_value object;
  void *tun = NULL;
  napi_get_cb_info(env, info, count, arguments, &object, NULL);
  napi_unwrap(env, object, &tun);
  return tun;
}

static napi_value refused(napi_env env, int number, const char *call) {
  return failure_value(env, (struct failure){number, call});
}

static struct failure configure(const char *name, struct interface_address address, int mtu) {
  struct failure failure = interface_set_mtu(name, mtu);
  if (failure.number == 0 && address.length > 0) failure = interface_set_address(name, address);
  return failure.number == 0 ? interface_set_up(name) : failure;
}

static napi_value tun_configure(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  struct interface_address address = {0};
  void *bytes = NULL;
  int32_t mtu = 0;
  struct tun *tun = self(env, info, &count, arguments);
  if (tun == NULL || tun->closing) return refused(env, EBADF, "configure");
  napi_get_buffer_info(env, arguments[0], &bytes, &address.length);
  napi_get_value_uint32(env, arguments[1], &address.prefix);
  napi_get_value_int32(env, arguments[2], &mtu);
  address.bytes = bytes;
  return failure_value(env, configure(tun->device.name, address, mtu));
}

static struct batch_room room_of(napi_env env, napi_value arena, napi_value index) {
  struct batch_room room = {0};
  napi_typedarray_type type = napi_uint8_array;
  void *data = NULL;
  napi_get_buffer_info(env, arena, &data, &room.arena_length);
  room.arena = data;
  napi_get_typedarray_info(env, index, &type, &room.index_length, &data, NULL, NULL);
  room.index = data;
  return type == napi_uint32_array && room.index_length >= 2 ? room : (struct batch_room){0};
}

static napi_value tun_start(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  struct tun *tun = self(env, info, &count, arguments);
  if (tun == NULL || tun->closing || tun->wake != NULL) return refused(env, EBADF, "start");
  tun->room = room_of(env, arguments[0], arguments[1]);
  if (tun->room.arena_length < PACKET_MAX) return refused(env, EINVAL, "start");
  napi_create_reference(env, arguments[0], 1, &tun->arena);
  napi_create_reference(env, arguments[1], 1, &tun->index);
  napi_create_reference(env, arguments[2], 1, &tun->wake);
  return refused(env, -uv_poll_start(&tun->poll, UV_READABLE, on_readable), "uv_poll_start");
}

static napi_value tun_write(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value argument, result;
  void *packet = NULL;
  struct tun *tun = self(env, info, &count, &argument);
  int number = EBADF;
  if (tun != NULL && !tun->closing) {
    napi_get_buffer_info(env, argument, &packet, &length);
    number = length == 0 ? EINVAL : tun_device_write(tun->device.fd, packet, length);
  }
  napi_create_int32(env, number, &result);
  return result;
}

static napi_value tun_close(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  struct tun *tun = self(env, info, &count, &argument);
  if (tun == NULL || tun->closing) return NULL;
  napi_create_reference(env, argument, 1, &tun->closed);
  begin_close(tun);
  return NULL;
}

static napi_value object_of(napi_env env, struct tun *tun) {
  napi_value object, name;
  napi_create_object(env, &object);
  napi_create_string_utf8(env, tun->device.name, NAPI_AUTO_LENGTH, &name);
  const napi_property_descriptor properties[] = {
      {"name", NULL, NULL, NULL, NULL, name, napi_enumerable, NULL},
      {"configure", NULL, tun_configure, NULL, NULL, NULL, napi_default, NULL},
      {"start", NULL, tun_start, NULL, NULL, NULL, napi_default, NULL},
      {"write", NULL, tun_write, NULL, NULL, NULL, napi_default, NULL},
      {"close", NULL, tun_close, NULL, NULL, NULL, napi_default, NULL},
  };
  napi_define_properties(env, object, sizeof properties / sizeof *properties, properties);
  return object;
}

static int start_polling_handle(napi_env env, struct tun *tun) {
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return ENOSYS;
  tun->poll.data = tun;
  return -uv_poll_init(loop, &tun->poll, tun->device.fd);
}

static napi_value adopt(napi_env env, struct tun *tun) {
  napi_value object = object_of(env, tun), label;
  tun->env = env;
  tun->owners = 2;
  napi_create_string_utf8(env, "MosaicTun", NAPI_AUTO_LENGTH, &label);
  napi_async_init(env, object, label, &tun->context);
  napi_add_async_cleanup_hook(env, on_environment_end, tun, &tun->cleanup);
  napi_wrap(env, object, tun, on_collected, NULL, NULL);
  return object;
}

static napi_value open_device(napi_env env, const char *wanted, struct tun *tun) {
  struct failure failure = tun_device_open(wanted, &tun->device);
  if (failure.number == 0) {
    int number = start_polling_handle(env, tun);
    if (number == 0) return adopt(env, tun);
    close(tun->device.fd);
    failure = (struct failure){number, "uv_poll_init"};
  }
  free(tun);
  return failure_value(env, failure);
}

napi_value tun_open(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value argument;
  char wanted[IFNAMSIZ + 1] = "";
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_string_utf8(env, argument, wanted, sizeof wanted, &length);
  if (length == 0 || length >= IFNAMSIZ) return refused(env, EINVAL, "TUNSETIFF");
  struct tun *tun = calloc(1, sizeof *tun);
  return tun == NULL ? refused(env, ENOMEM, "malloc") : open_device(env, wanted, tun);
}
