#ifndef MOSAIC_LINKS_H
#define MOSAIC_LINKS_H

#include <node_api.h>

#include "sessions.h"

/* JavaScript's `openLinks(counts, seals)`: returns a `LinksHandle` of index.ts, or the reason why there is none, a text. */
napi_value links_open(napi_env env, napi_callback_info info);

/* JavaScript's `mac(key, bytes)` of index.ts. */
napi_value links_mac(napi_env env, napi_callback_info info);

/* Returns the sessions of a `LinksHandle`; NULL for any other value. They live as long as the object. */
struct sessions *links_of(napi_env env, napi_value object);

#endif
