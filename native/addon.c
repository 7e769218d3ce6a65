#include <node_api.h>

#include "tun.h"

/* Raised with every change of what index.ts relies on, so that an addon left over from other sources is noticed. */
#define CONTRACT 1

NAPI_MODULE_INIT() {
  napi_value contract, open_tun;
  napi_create_int32(env, CONTRACT, &contract);
  napi_create_function(env, "openTun", NAPI_AUTO_LENGTH, tun_open, NULL, &open_tun);
  napi_set_named_property(env, exports, "contract", contract);
  napi_set_named_property(env, exports, "openTun", open_tun);
  return exports;
}
