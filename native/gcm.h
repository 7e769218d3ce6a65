#ifndef MOSAIC_GCM_H
#define MOSAIC_GCM_H

#include <node_api.h>

/* The functions `seal`, `open` and `openTrain` of index.ts. */
napi_value gcm_seal(napi_env env, napi_callback_info info);
napi_value gcm_open(napi_env env, napi_callback_info info);
napi_value gcm_open_train(napi_env env, napi_callback_info info);

#endif
