#ifndef MOSAIC_HANDLE_H
#define MOSAIC_HANDLE_H

#include <node_api.h>
#include <stdbool.h>
#include <uv.h>

#include "failure.h"

#define HANDLE_MEMORIES 5

/* How often one wake reads at most. */
#define HANDLE_TURNS_MAX 64u

/*
 * A descriptor that JavaScript reads from when the event loop finds it readable: the first member of what describes a
 * device. It has two owners, the JavaScript object and the poll handle; the last one out frees it. The descriptor is
 * closed only when libuv has let go of it.
 */
struct handle {
  int fd;
  /* Reads what there is, `turns` times at most, and calls `handle_call`; returns false when there will be no more. */
  bool (*read)(struct handle *handle, int error);
  /* Grows while a wake takes little of the thread's time and shrinks when it takes much, whatever JavaScript does with it. */
  uint32_t turns;
  uv_poll_t poll;
  napi_env env;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  /* What must live as long as the poll handle may call: functions, and arrays that belong to JavaScript. */
  napi_ref wake, closed, memories[HANDLE_MEMORIES];
  bool closing;
  /* The environment is being torn down: no JavaScript any more. */
  bool ending;
  int owners;
};

/*
 * Makes `object` the owner of a handle with an open descriptor. When it fails the descriptor is closed and the memory
 * freed.
 */
struct failure handle_adopt(napi_env env, napi_value object, struct handle *handle, const char *label);

/* The handle whose method was called, and the arguments; NULL when it is closed. */
struct handle *handle_self(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments);

/* Begins to read; `wake` is what `handle_call` calls. Once. */
struct failure handle_start(struct handle *handle, napi_value wake);

/* Keeps an array for as long as the handle lives; its bytes. */
void *handle_keep(struct handle *handle, size_t place, napi_value array, size_t *bytes);

/* Calls `wake` with numbers, in a scope of its own. */
void handle_call(struct handle *handle, size_t count, const int32_t *numbers);

/* JavaScript's `close(closed)`. */
napi_value handle_close(napi_env env, napi_callback_info info);

/* Bytes of a typed array or Buffer; NULL when it is none. */
uint8_t *bytes_of(napi_env env, napi_value array, size_t *length);

napi_value number_value(napi_env env, int32_t number);

#endif
