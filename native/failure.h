#ifndef MOSAIC_FAILURE_H
#define MOSAIC_FAILURE_H

#include <node_api.h>

/* What the kernel refused: its errno and the call that met it. `number` 0 means that nothing was refused. */
struct failure {
  int number;
  const char *call;
};

static const struct failure NO_FAILURE = {0, NULL};

/* `{errno, call}` for JavaScript, or undefined when nothing was refused. */
napi_value failure_value(napi_env env, struct failure failure);

#endif
