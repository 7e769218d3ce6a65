/* Read cycles, backlog, and the life of a polled descriptor; handle.h describes its place on the packet path. */
#include "handle.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"

/*
 * Time budget of a read cycle in thread CPU time: 5 ms, because timers and other descriptors wait until the cycle has ended.
 * `reads_max` halves above CYCLE_LONG_NS and doubles below CYCLE_SHORT_NS, so that cycles stay well below the budget.
 */
#define CYCLE_BUDGET_NS 5000000
#define CYCLE_LONG_NS 1500000
#define CYCLE_SHORT_NS 750000
/*
 * handle_poll_now reads a descriptor only if its last read cycle ended at least this long ago. Otherwise it leaves the
 * descriptor to libuv.
 */
#define POLL_AFTER_NS 1000000

#define READS_FIRST 4u

static void close_all(const struct handle *handle) {
  close(handle->fd);
  for (size_t at = 0; at < handle->members_count; at++) close(handle->members[at]);
}

static void release(struct handle *handle) {
  if (--handle->owners == 0) free(handle);
}

static void drop_reference(struct handle *handle, napi_ref *reference) {
  if (*reference != NULL) napi_delete_reference(handle->env, *reference);
  *reference = NULL;
}

/*
 * Calls a JavaScript function. Returns its result, or false if the result is not a boolean. An exception ends the process like
 * any uncaught one. The function must not use `this`: here it is the function itself.
 */
static bool call(struct handle *handle, napi_ref function, size_t count, const napi_value *arguments) {
  napi_value callee, error, result = NULL;
  bool thrown = false, is_true = false;
  napi_get_reference_value(handle->env, function, &callee);
  napi_make_callback(handle->env, handle->context, callee, callee, count, arguments, &result);
  napi_is_exception_pending(handle->env, &thrown);
  if (!thrown) return result != NULL && napi_get_value_bool(handle->env, result, &is_true) == napi_ok && is_true;
  napi_get_and_clear_last_exception(handle->env, &error);
  napi_fatal_exception(handle->env, error);
  return false;
}

void handle_call(struct handle *handle, size_t count, const int32_t *numbers) {
  napi_handle_scope scope;
  napi_value arguments[HANDLE_NUMBERS_MAX];
  if (handle->ending || napi_open_handle_scope(handle->env, &scope) != napi_ok) return;
  for (size_t at = 0; at < count && at < HANDLE_NUMBERS_MAX; at++) arguments[at] = number_value(handle->env, numbers[at]);
  handle->has_backlog = call(handle, handle->on_read, count, arguments);
  napi_close_handle_scope(handle->env, scope);
}

static void adapt_reads_max(struct handle *handle, int64_t taken) {
  if (taken > CYCLE_LONG_NS && handle->reads_max > 1) handle->reads_max /= 2;
  if (taken < CYCLE_SHORT_NS && handle->reads_max < HANDLE_READS_MAX) handle->reads_max *= 2;
}

static void count_cycle(struct handle *handle, int64_t taken) {
  adapt_reads_max(handle, taken);
  handle->cycles.count++;
  if (taken > CYCLE_BUDGET_NS) handle->cycles.over_budget++;
  if (taken > handle->cycles.longest_ns) handle->cycles.longest_ns = taken;
}

/*
 * Runs one read cycle. Stops polling while there is a backlog. Stops polling for good when the descriptor has ended, because a
 * descriptor in error is reported as readable for ever.
 */
static void read_once(struct handle *handle, int error) {
  handle->cycle_start_ns = thread_clock_ns();
  handle->ended = !handle->read(handle, error);
  if ((handle->ended || handle->has_backlog) && !handle->closing) uv_poll_stop(&handle->poll);
  handle->read_ns = monotonic_ns();
  count_cycle(handle, thread_clock_ns() - handle->cycle_start_ns);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)events;
  read_once(poll->data, status < 0 ? -status : 0);
}

void handle_poll_now(struct handle *handle) {
  if (handle->on_read == NULL || handle->has_backlog || handle->ended || handle->closing) return;
  if (flow_cache_is_recording(handle->flow_cache)) return;
  if (monotonic_ns() - handle->read_ns >= POLL_AFTER_NS) read_once(handle, 0);
}

napi_value handle_poll(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct handle *handle = handle_self(env, info, &count, NULL);
  if (handle != NULL) handle_poll_now(handle);
  return NULL;
}

napi_value handle_resume(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct handle *handle = handle_self(env, info, &count, NULL);
  int64_t start = thread_clock_ns();
  if (handle == NULL || !handle->has_backlog) return NULL;
  const int32_t nothing[HANDLE_NUMBERS_MAX] = {0};
  handle_call(handle, HANDLE_NUMBERS_MAX, nothing);
  if (!handle->has_backlog && !handle->ended && !handle->closing) {
    uv_poll_start(&handle->poll, UV_READABLE, on_readable);
  }
  count_cycle(handle, thread_clock_ns() - start);
  return NULL;
}

napi_value handle_read_cycles(napi_env env, napi_callback_info info) {
  size_t count = 0;
  napi_value array, number;
  const struct handle *handle = handle_self(env, info, &count, NULL);
  const struct read_cycles cycles = handle == NULL ? (struct read_cycles){0} : handle->cycles;
  const double numbers[] = {(double)cycles.count, (double)cycles.over_budget, (double)cycles.longest_ns / 1e9};
  napi_create_array(env, &array);
  for (uint32_t at = 0; at < sizeof numbers / sizeof *numbers; at++) {
    napi_create_double(env, numbers[at], &number);
    napi_set_element(env, array, at, number);
  }
  return array;
}

static void announce_closed(struct handle *handle) {
  napi_handle_scope scope;
  if (handle->ending || handle->closed == NULL || napi_open_handle_scope(handle->env, &scope) != napi_ok) return;
  call(handle, handle->closed, 0, NULL);
  napi_close_handle_scope(handle->env, scope);
}

static void on_closed(uv_handle_t *poll) {
  struct handle *handle = poll->data;
  close_all(handle);
  announce_closed(handle);
  drop_reference(handle, &handle->on_read);
  drop_reference(handle, &handle->closed);
  for (size_t place = 0; place < HANDLE_MEMORIES; place++) drop_reference(handle, &handle->memories[place]);
  napi_async_destroy(handle->env, handle->context);
  napi_remove_async_cleanup_hook(handle->cleanup);
  release(handle);
}

/* Frees the flow cache that this handle shares with the other one. One of the two handles is the device, the other the socket. */
static void drop_flow_cache(struct handle *handle) {
  if (handle->flow_cache == NULL) return;
  flow_cache_free(handle->flow_cache);
  handle->other->flow_cache = handle->flow_cache = NULL;
}

static void begin_close(struct handle *handle) {
  if (handle->closing) return;
  handle->closing = true;
  drop_flow_cache(handle);
  uv_poll_stop(&handle->poll);
  uv_close((uv_handle_t *)&handle->poll, on_closed);
}

static void on_environment_end(napi_async_cleanup_hook_handle hook, void *data) {
  struct handle *handle = data;
  (void)hook;
  handle->ending = true;
  begin_close(handle);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  begin_close(data);
  release(data);
}

static void on_method_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  release(data);
}

static void add_method(napi_env env, napi_value object, struct handle *handle, const struct method *method) {
  napi_value function;
  if (napi_create_function(env, method->name, NAPI_AUTO_LENGTH, method->call, handle, &function) != napi_ok) return;
  if (napi_add_finalizer(env, function, handle, on_method_collected, NULL, NULL) != napi_ok) return;
  handle->owners++;
  const napi_property_descriptor property = {method->name, NULL, NULL, NULL, NULL, function, napi_default, NULL};
  napi_define_properties(env, object, 1, &property);
}

static int start_polling(napi_env env, struct handle *handle) {
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return ENOSYS;
  handle->poll.data = handle;
  return -uv_poll_init(loop, &handle->poll, handle->fd);
}

struct failure handle_adopt(napi_env env, napi_value object, struct handle *handle, const char *label,
                            const struct method *methods, size_t count) {
  napi_value name;
  int number = start_polling(env, handle);
  if (number != 0) {
    close_all(handle);
    free(handle);
    return (struct failure){number, "uv_poll_init"};
  }
  handle->env = env;
  handle->owners = 2;
  handle->reads_max = READS_FIRST;
  napi_create_string_utf8(env, label, NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, object, name, &handle->context);
  napi_add_async_cleanup_hook(env, on_environment_end, handle, &handle->cleanup);
  napi_wrap(env, object, handle, on_collected, NULL, NULL);
  for (size_t at = 0; at < count; at++) add_method(env, object, handle, &methods[at]);
  return NO_FAILURE;
}

struct handle *handle_self(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments) {
  void *data = NULL;
  napi_get_cb_info(env, info, count, arguments, NULL, &data);
  struct handle *handle = data;
  return handle == NULL || handle->closing ? NULL : handle;
}

void handle_hold(struct handle *handle, size_t place, napi_value object) {
  drop_reference(handle, &handle->memories[place]);
  napi_create_reference(handle->env, object, 1, &handle->memories[place]);
}

void *handle_keep(struct handle *handle, size_t place, napi_value array, size_t *bytes) {
  handle_hold(handle, place, array);
  return bytes_of(handle->env, array, bytes);
}

struct failure handle_start(struct handle *handle, napi_value on_read) {
  if (handle->on_read != NULL) return (struct failure){EBADF, "start"};
  napi_create_reference(handle->env, on_read, 1, &handle->on_read);
  return (struct failure){-uv_poll_start(&handle->poll, UV_READABLE, on_readable), "uv_poll_start"};
}

napi_value handle_close(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  struct handle *handle = handle_self(env, info, &count, &argument);
  if (handle == NULL) return NULL;
  napi_create_reference(env, argument, 1, &handle->closed);
  begin_close(handle);
  return NULL;
}

uint8_t *bytes_of(napi_env env, napi_value array, size_t *length) {
  void *bytes = NULL;
  *length = 0;
  napi_get_buffer_info(env, array, &bytes, length);
  return bytes;
}

uint8_t *memory_of(napi_env env, napi_value array, size_t *length, size_t *memory) {
  napi_typedarray_type type;
  napi_value buffer;
  void *bytes = NULL, *start = NULL;
  size_t offset = 0, total = 0;
  *length = *memory = 0;
  if (napi_get_typedarray_info(env, array, &type, length, &bytes, &buffer, &offset) != napi_ok) return NULL;
  if (type != napi_uint8_array || napi_get_arraybuffer_info(env, buffer, &start, &total) != napi_ok) return NULL;
  *memory = total - offset;
  return bytes;
}

napi_value number_value(napi_env env, int32_t number) {
  napi_value value;
  napi_create_int32(env, number, &value);
  return value;
}
