#ifndef MOSAIC_HANDLE_H
#define MOSAIC_HANDLE_H

#include <node_api.h>
#include <stdbool.h>
#include <uv.h>

#include "failure.h"
#include "flow-cache.h"

#define HANDLE_MEMORIES 5
#define HANDLE_MEMBERS 2
#define HANDLE_NUMBERS_MAX 4

/* How often one wake reads at most, and for how much of the thread's time: memory used for the first time costs more. */
#define HANDLE_READS_MAX 64u
#define HANDLE_READ_NS 500000

/* Wakes: how many there were, how many took more of the thread's time than they ought to, and the longest. */
struct read_cycles {
  uint64_t count;
  uint64_t over_budget;
  int64_t longest_ns;
};

/* What JavaScript may call. */
struct method {
  const char *name;
  napi_callback call;
};

/*
 * A descriptor that JavaScript reads from when the event loop finds it readable: the first member of what describes a
 * device. Its owners are the JavaScript object, each of its methods, and the poll handle; the last one out frees it. The
 * descriptor is closed only when libuv has let go of it.
 */
struct handle {
  int fd;
  /* Descriptors that are closed with it: those that it speaks for. */
  int members[HANDLE_MEMBERS];
  size_t members_count;
  /* Reads what there is, `turns` times at most, and calls `handle_call`; returns false when there will be no more. */
  bool (*read)(struct handle *handle, int error);
  /* Grows while a wake takes little of the thread's time and shrinks when it takes much, whatever JavaScript does with it. */
  uint32_t reads_max;
  /* JavaScript has not taken all of what was read: nothing more is read until it has. */
  bool has_backlog;
  /* Reading has ended for good. */
  bool ended;
  struct read_cycles cycles;
  /* When the wake began, by the clock of the thread. */
  int64_t cycle_start_ns;
  /* When it was read last, by the monotonic clock. */
  int64_t read_ns;
  uv_poll_t poll;
  napi_env env;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  /* What must live as long as the poll handle may call: functions, and arrays that belong to JavaScript. */
  napi_ref on_read, closed, memories[HANDLE_MEMORIES];
  /* Past JavaScript, to the handle at the other end. NULL where there are none. */
  struct flow_cache *flow_cache;
  struct handle *other;
  bool closing;
  /* The environment is being torn down: no JavaScript any more. */
  bool ending;
  int owners;
};

/*
 * Makes `object` the owner of a handle with an open descriptor, and gives it methods. When it fails the descriptor is
 * closed and the memory freed.
 */
struct failure handle_adopt(napi_env env, napi_value object, struct handle *handle, const char *label,
                            const struct method *methods, size_t count);

/*
 * The handle whose method was called, and the arguments; NULL when it is closed. A method knows its handle: looking it up in
 * the object would cost more than most methods do.
 */
struct handle *handle_self(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments);

/* Begins to read; `wake` is what `handle_call` calls. Once. */
struct failure handle_start(struct handle *handle, napi_value on_read);

/* Keeps an array for as long as the handle lives; its bytes. */
void *handle_keep(struct handle *handle, size_t place, napi_value array, size_t *bytes);

/* Calls `wake` with numbers, in a scope of its own; it returns whether it has left something of what was read. */
void handle_call(struct handle *handle, size_t count, const int32_t *numbers);

/* JavaScript's `goOn()`: calls `wake` once more for what it has left, with nothing new. */
napi_value handle_resume(napi_env env, napi_callback_info info);

/* As JavaScript's `look()`. */
void handle_poll_now(struct handle *handle);

/* JavaScript's `look()`: reads as if the descriptor had been found readable, where nothing was read for a millisecond. */
napi_value handle_poll(napi_env env, napi_callback_info info);

/* JavaScript's `drains()`: an array of what `struct read_cycles` has, the longest in seconds. */
napi_value handle_read_cycles(napi_env env, napi_callback_info info);

/* JavaScript's `close(closed)`. */
napi_value handle_close(napi_env env, napi_callback_info info);

/* Bytes of a typed array or Buffer; NULL when it is none. */
uint8_t *bytes_of(napi_env env, napi_value array, size_t *length);

/* Bytes of a Uint8Array, and how much of its memory there is from the first on; NULL when it is none. */
uint8_t *memory_of(napi_env env, napi_value array, size_t *length, size_t *memory);

napi_value number_value(napi_env env, int32_t number);

#endif
