#ifndef MOSAIC_NOTIFY_H
#define MOSAIC_NOTIFY_H

#include <node_api.h>

/* JavaScript's `notify(path, message)`: sends one datagram to a Unix socket. Returns an errno, or 0. */
napi_value notify(napi_env env, napi_callback_info info);

#endif
