#ifndef MOSAIC_CONFINE_H
#define MOSAIC_CONFINE_H

#include <node_api.h>

/* JavaScript's `confine()` of index.ts. */
napi_value confine(napi_env env, napi_callback_info info);

#endif
