/*
 * A TUN or TAP interface as a JavaScript object, and both ends of its packet path.
 *
 * Inbound: libuv -> handle.c -> tun_read -> tun_batch_read (tun-batch.c) -> `onRead` of JavaScript (linux-tun.ts), once per
 * read cycle. A packet that is alone in its cycle first tries the flow cache, which may send it without JavaScript.
 * Outbound: linux-tun.ts -> `write` -> tun_device_write (tun-device.c) -> the kernel.
 *
 * Memory: arena, index and scratch belong to JavaScript, which must not resize or transfer them. Their content is valid until
 * the next read, and there is no next read before JavaScript has processed everything. Everything runs on the thread of the
 * event loop.
 */
#include "tun.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "interface.h"
#include "tun-batch.h"
#include "tun-device.h"
#include "udp.h"

struct tun {
  struct handle handle;
  struct tun_device device;
  struct tun_batch_room room;
};

static napi_value failed(napi_env env, int number, const char *call) {
  return failure_value(env, (struct failure){number, call});
}

static void deliver(struct handle *handle, const struct tun_batch *batch) {
  const int32_t numbers[] = {(int32_t)batch->count, batch->error, (int32_t)batch->unfit};
  if (batch->count > 0 || batch->error != 0 || batch->unfit > 0) handle_call(handle, 3, numbers);
}

static bool is_single(const struct tun *tun, const struct tun_batch *batch) {
  return batch->count == 1 && tun->room.index[TUN_INDEX_COUNT] == 1 && batch->error == 0 && batch->unfit == 0;
}

/* Sends the packet from the flow cache, or else calls JavaScript and records the run. */
static void deliver_single(struct tun *tun, const struct tun_batch *batch) {
  struct handle *handle = &tun->handle;
  const uint8_t *packet = tun->room.arena + tun->room.index[0];
  struct recording recording = {.bytes = packet, .length = tun->room.index[1]};
  if (flow_cache_send(handle->flow_cache, packet, recording.length)) return;
  recording_begin(handle->flow_cache, &recording);
  deliver(handle, batch);
  recording_end(handle->flow_cache, &recording);
}

static bool tun_read(struct handle *handle, int error) {
  struct tun *tun = (struct tun *)handle;
  struct tun_batch batch = {.error = error};
  if (error == 0) batch = tun_batch_read(&tun->device, &tun->room, handle->reads_max, handle->cycle_start_ns + HANDLE_READ_NS);
  if (is_single(tun, &batch)) deliver_single(tun, &batch);
  else deliver(handle, &batch);
  return batch.error == 0;
}

static bool connect_flow_cache(struct tun *tun, struct handle *other, struct flow_cache_ends ends) {
  if (tun->handle.flow_cache != NULL || other->flow_cache != NULL || other->closing || ends.socket == NULL) return false;
  tun->handle.flow_cache = other->flow_cache = flow_cache_new(ends);
  tun->handle.other = other;
  other->other = &tun->handle;
  return tun->handle.flow_cache != NULL;
}

/* flowCache(udp, words, counts): returns whether there is a flow cache between the two handles now. */
static napi_value tun_flow_cache(napi_env env, napi_callback_info info) {
  size_t count = 3, words = 0, counts = 0;
  napi_value arguments[3], result;
  void *other = NULL;
  bool is_connected = false;
  struct tun *tun = (struct tun *)handle_self(env, info, &count, arguments);
  if (tun != NULL && napi_unwrap(env, arguments[0], &other) == napi_ok) {
    struct flow_cache_ends ends = {.device = &tun->device, .socket = udp_socket_of(other)};
    ends.words = handle_keep(&tun->handle, 3, arguments[1], &words);
    ends.counts = handle_keep(&tun->handle, 4, arguments[2], &counts);
    bool is_room = words >= FLOW_CACHE_WORDS * sizeof(uint32_t) && counts >= FLOW_CACHE_COUNTS * sizeof(double);
    is_connected = is_room && connect_flow_cache(tun, other, ends);
  }
  napi_get_boolean(env, is_connected, &result);
  return result;
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
  int32_t mtu = 0;
  struct tun *tun = (struct tun *)handle_self(env, info, &count, arguments);
  if (tun == NULL) return failed(env, EBADF, "configure");
  address.bytes = bytes_of(env, arguments[0], &address.length);
  napi_get_value_uint32(env, arguments[1], &address.prefix);
  napi_get_value_int32(env, arguments[2], &mtu);
  return failure_value(env, configure(tun->device.name, address, mtu));
}

static napi_value tun_set_mtu(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int32_t mtu = 0;
  struct tun *tun = (struct tun *)handle_self(env, info, &count, &argument);
  if (tun == NULL) return failed(env, EBADF, "setMtu");
  napi_get_value_int32(env, argument, &mtu);
  return failure_value(env, interface_set_mtu(tun->device.name, mtu));
}

static napi_value tun_is_up(napi_env env, napi_callback_info info) {
  size_t count = 0;
  napi_value result;
  struct tun *tun = (struct tun *)handle_self(env, info, &count, NULL);
  napi_get_boolean(env, tun != NULL && interface_is_up(tun->device.name), &result);
  return result;
}

/* offload(segments): disables offloads that the kernel has but that fail. Returns the remaining offloads as bits. */
static napi_value tun_offload(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  uint32_t segments = 0;
  struct tun *tun = (struct tun *)handle_self(env, info, &count, &argument);
  napi_get_value_uint32(env, argument, &segments);
  if (tun == NULL || !tun_device_takes_super_packets(&tun->device)) {
    if (tun != NULL) tun->device.rules = (struct join_rules){false, false};
    return number_value(env, 0);
  }
  interface_set_max_segments(tun->device.name, segments);
  return number_value(env, 1 | (tun->device.rules.udp ? 2 : 0));
}

static napi_value tun_start(napi_env env, napi_callback_info info) {
  size_t count = 5, bytes = 0;
  napi_value arguments[5];
  struct tun *tun = (struct tun *)handle_self(env, info, &count, arguments);
  if (tun == NULL || tun->handle.on_read != NULL) return failed(env, EBADF, "start");
  tun->room.arena = handle_keep(&tun->handle, 0, arguments[0], &tun->room.arena_length);
  tun->room.index = handle_keep(&tun->handle, 1, arguments[1], &bytes);
  tun->room.trains_max = bytes / (TUN_INDEX_WORDS * sizeof(uint32_t));
  tun->room.scratch = handle_keep(&tun->handle, 2, arguments[2], &bytes);
  napi_get_value_uint32(env, arguments[3], &tun->room.train_max);
  if (tun->room.arena_length < TUN_ARENA_MIN || tun->room.trains_max == 0 || bytes < TUN_SCRATCH) {
    return failed(env, EINVAL, "start");
  }
  return failure_value(env, handle_start(&tun->handle, arguments[4]));
}

/* Reads the arguments stride, count, lastAt and lastLength. */
static struct segments segments_of(napi_env env, const napi_value *arguments, size_t length) {
  uint32_t numbers[4] = {0};
  for (size_t at = 0; at < 4; at++) napi_get_value_uint32(env, arguments[at], &numbers[at]);
  return (struct segments){.stride = numbers[0], .count = numbers[1], .last_at = numbers[2], .last_length = numbers[3],
                       .length = length};
}

/* write(train, stride, count, lastAt, lastLength, written): returns an errno, or 0. */
static napi_value tun_write(napi_env env, napi_callback_info info) {
  size_t count = 6, bytes = 0, room = 0, length = 0;
  napi_value arguments[6];
  struct tun *tun = (struct tun *)handle_self(env, info, &count, arguments);
  const uint8_t *first = memory_of(env, arguments[0], &length, &bytes);
  struct segments segments = segments_of(env, arguments + 1, length);
  uint8_t *result = bytes_of(env, arguments[5], &room);
  if (room < 4 * sizeof(uint32_t)) return number_value(env, EINVAL);
  struct tun_written written = {.error = tun == NULL ? EBADF : EINVAL};
  if (tun != NULL && first != NULL && length > 0 && segments_are_within(&segments, bytes)) {
    flow_cache_note_packets(tun->handle.flow_cache, first, &segments);
    written = tun_device_write(&tun->device, first, &segments);
  }
  const uint32_t numbers[4] = {written.packets, (uint32_t)written.bytes, written.super_packets, written.refused};
  memcpy(result, numbers, sizeof numbers);
  return number_value(env, written.error);
}

static const struct method METHODS[] = {
    {"configure", tun_configure},
    {"setMtu", tun_set_mtu},
    {"isUp", tun_is_up},
    {"offload", tun_offload},
    {"start", tun_start},
    {"write", tun_write},
    {"flowCache", tun_flow_cache},
    {"poll", handle_poll},
    {"resume", handle_resume},
    {"readCycles", handle_read_cycles},
    {"close", handle_close},
};

static napi_value object_of(napi_env env, const struct tun_device *device) {
  napi_value object, name;
  napi_create_object(env, &object);
  napi_create_string_utf8(env, device->name, NAPI_AUTO_LENGTH, &name);
  const napi_property_descriptor properties[] = {
      {"name", NULL, NULL, NULL, NULL, name, napi_enumerable, NULL},
  };
  napi_define_properties(env, object, sizeof properties / sizeof *properties, properties);
  return object;
}

static napi_value open_device(napi_env env, const char *wanted, bool offload, struct tun *tun) {
  struct failure failure = tun_device_open(wanted, offload, &tun->device);
  if (failure.number != 0) {
    free(tun);
    return failure_value(env, failure);
  }
  napi_value object = object_of(env, &tun->device);
  tun->handle.fd = tun->device.fd;
  tun->handle.read = tun_read;
  failure = handle_adopt(env, object, &tun->handle, "MosaicTun", METHODS, sizeof METHODS / sizeof *METHODS);
  return failure.number == 0 ? object : failure_value(env, failure);
}

napi_value tun_open(napi_env env, napi_callback_info info) {
  size_t count = 3, length = 0;
  napi_value arguments[3];
  bool offload = false, is_tap = false;
  char wanted[IFNAMSIZ + 1] = "";
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_string_utf8(env, arguments[0], wanted, sizeof wanted, &length);
  napi_get_value_bool(env, arguments[1], &offload);
  napi_get_value_bool(env, arguments[2], &is_tap);
  if (length == 0 || length >= IFNAMSIZ) return failed(env, EINVAL, "TUNSETIFF");
  struct tun *tun = calloc(1, sizeof *tun);
  if (tun == NULL) return failed(env, ENOMEM, "malloc");
  tun->device.is_tap = is_tap;
  return open_device(env, wanted, offload, tun);
}
