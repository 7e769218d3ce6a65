#include "failure.h"

napi_value failure_value(napi_env env, struct failure failure) {
  napi_value object, number, call;
  if (failure.number == 0) {
    napi_get_undefined(env, &object);
    return object;
  }
  napi_create_object(env, &object);
  napi_create_int32(env, failure.number, &number);
  napi_create_string_utf8(env, failure.call, NAPI_AUTO_LENGTH, &call);
  napi_set_named_property(env, object, "errno", number);
  napi_set_named_property(env, object, "call", call);
  return object;
}
