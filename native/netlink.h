#ifndef MOSAIC_NETLINK_H
#define MOSAIC_NETLINK_H

#include <node_api.h>

/* JavaScript's `openNetlink()`: returns a `NetlinkHandle` of index.ts, or `{errno, call}`. */
napi_value netlink_open(napi_env env, napi_callback_info info);

/* JavaScript's `netlinkDump()`: returns the messages about all devices and addresses, or `{errno, call}`. */
napi_value netlink_dump(napi_env env, napi_callback_info info);

#endif
