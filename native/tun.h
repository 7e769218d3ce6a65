#ifndef MOSAIC_TUN_H
#define MOSAIC_TUN_H

#include <node_api.h>

/* JavaScript's `openTun(name, offload, isTap)`: returns a `TunHandle` of index.ts, or `{errno, call}`. */
napi_value tun_open(napi_env env, napi_callback_info info);

#endif
