/*
 * A file descriptor that the event loop polls for JavaScript. tun.c and udp.c embed a `struct handle` as the first member of
 * their own struct, so that a pointer to one is a pointer to the other.
 *
 * Read cycle: libuv finds the descriptor readable -> on_readable in handle.c -> `read` of tun.c or udp.c, which fills memory
 * that belongs to JavaScript -> handle_call -> the function that JavaScript gave to `start`. A read cycle holds the thread of
 * the event loop, so its length is bounded: by `reads_max`, which adapts, and by HANDLE_READ_NS.
 *
 * Backlog: JavaScript may return before it has processed everything. Then polling stops, because the next read would overwrite
 * the memory. It starts again when calls of `resume()` have processed the rest.
 *
 * All functions run on the thread of the event loop. Times are in nanoseconds.
 */
#ifndef MOSAIC_HANDLE_H
#define MOSAIC_HANDLE_H

#include <node_api.h>
#include <stdbool.h>
#include <uv.h>

#include "failure.h"
#include "flow-cache.h"

#define HANDLE_MEMORIES 6
#define HANDLE_MEMBERS 2
#define HANDLE_NUMBERS_MAX 4

/*
 * Bounds of the reading part of one read cycle: system calls, and thread CPU time. The time bound matters when memory is used
 * for the first time, which costs more.
 */
#define HANDLE_READS_MAX 64u
#define HANDLE_READ_NS 500000

/* Number of read cycles, number of read cycles over the time budget, and duration of the longest one. */
struct read_cycles {
  uint64_t count;
  uint64_t over_budget;
  int64_t longest_ns;
};

/* A method of the JavaScript object. */
struct method {
  const char *name;
  napi_callback call;
};

/*
 * Ownership: the JavaScript object, each of its methods and the libuv poll handle own the struct; the owner that releases it
 * last frees it. The descriptor is closed only after libuv has closed its poll handle.
 */
struct handle {
  int fd;
  /* Descriptors that `fd` watches when it is an epoll descriptor. They are closed together with `fd`. */
  int members[HANDLE_MEMBERS];
  size_t members_count;
  /*
   * Reads with at most `reads_max` system calls and passes the result to handle_call. `error` is an errno from libuv, or 0.
   * Returns false when the descriptor will never be readable again.
   */
  bool (*read)(struct handle *handle, int error);
  /* Doubles after a short read cycle and halves after a long one. The time that JavaScript takes is part of the cycle. */
  uint32_t reads_max;
  /* JavaScript has not processed everything that was read. Nothing is read before JavaScript has processed it. */
  bool has_backlog;
  /* Reading has ended for good. */
  bool ended;
  struct read_cycles cycles;
  /* Start of the read cycle, by the CPU clock of the thread. */
  int64_t cycle_start_ns;
  /* End of the last read cycle, by the monotonic clock. */
  int64_t read_ns;
  uv_poll_t poll;
  napi_env env;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  /* References to two functions, and to arrays and objects of JavaScript. C uses them until the poll handle is closed. */
  napi_ref on_read, closed, memories[HANDLE_MEMORIES];
  /* The flow cache between this handle and `other`; both are NULL when there is no flow cache. The two handles share one cache. */
  struct flow_cache *flow_cache;
  struct handle *other;
  bool closing;
  /* The environment is being torn down: JavaScript must not be called any more. */
  bool ending;
  int owners;
};

/*
 * Makes `object` the owner of a handle with an open descriptor, and adds the methods to it. The caller has allocated the
 * handle with calloc and set `fd`, `members` and `read`. On failure this function closes the descriptors and frees the handle.
 */
struct failure handle_adopt(napi_env env, napi_value object, struct handle *handle, const char *label,
                            const struct method *methods, size_t count);

/*
 * Returns the handle of the method that is being called, and its arguments; NULL when the handle is closed. The handle is the
 * data pointer of the method, because unwrapping the object would cost more than most methods do.
 */
struct handle *handle_self(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments);

/* Starts polling. `on_read` is the function that handle_call calls. To be called once. */
struct failure handle_start(struct handle *handle, napi_value on_read);

/* Keeps an array alive until the handle is closed. Returns its bytes and sets their number. */
void *handle_keep(struct handle *handle, size_t place, napi_value array, size_t *bytes);

/* Keeps any object alive until the handle is closed. */
void handle_hold(struct handle *handle, size_t place, napi_value object);

/* Calls `on_read` with numbers, in a new handle scope, and sets `has_backlog` to its result. */
void handle_call(struct handle *handle, size_t count, const int32_t *numbers);

/* JavaScript's `resume()`: calls `on_read` once, with zeros, if there is a backlog. If no backlog is left then, polling starts again. */
napi_value handle_resume(napi_env env, napi_callback_info info);

/*
 * Starts a read cycle without waiting for libuv, unless one ended within the last millisecond. Does nothing while there is a
 * backlog, and while the flow cache records a run.
 */
void handle_poll_now(struct handle *handle);

/* JavaScript's `poll()`: handle_poll_now. */
napi_value handle_poll(napi_env env, napi_callback_info info);

/* JavaScript's `readCycles()`: the three numbers of `struct read_cycles`, the last one in seconds. */
napi_value handle_read_cycles(napi_env env, napi_callback_info info);

/* JavaScript's `close(closed)`. */
napi_value handle_close(napi_env env, napi_callback_info info);

/* Returns the bytes of a typed array or Buffer and sets their number; NULL when the value is neither. */
uint8_t *bytes_of(napi_env env, napi_value array, size_t *length);

/*
 * Returns the bytes of a Uint8Array; NULL when the value is no Uint8Array. Sets `length` to their number and `memory` to the
 * number of bytes from the first one to the end of the underlying ArrayBuffer.
 */
uint8_t *memory_of(napi_env env, napi_value array, size_t *length, size_t *memory);

napi_value number_value(napi_env env, int32_t number);

#endif
