#ifndef MOSAIC_FAILURE_H
#define MOSAIC_FAILURE_H

#include <node_api.h>

/* Failure of a system call: the errno, and the name of the call or ioctl. `number` 0 means success. */
struct failure {
  int number;
  const char *call;
};

static const struct failure NO_FAILURE = {0, NULL};

/* Returns `{errno, call}` for JavaScript, or undefined on success. */
napi_value failure_value(napi_env env, struct failure failure);

#endif
