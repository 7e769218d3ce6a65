#ifndef MOSAIC_UDP_H
#define MOSAIC_UDP_H

#include <node_api.h>

#include "handle.h"
#include "udp-socket.h"

/* JavaScript's `openUdp(address, gso, gro, packets, trafficClass, shares)`: returns a `UdpHandle` of index.ts, or `{errno, call}`. */
napi_value udp_open(napi_env env, napi_callback_info info);

/* Reads a socket address of JavaScript, padded with zeros. Returns false when it is neither IPv4 nor IPv6. */
bool udp_read_address(napi_env env, napi_value value, union udp_address *address);

/* JavaScript's `socketAddress(host, port)`, `hostText(address)`, `pathMtu(address)` and `sourceHost(address)`. */
napi_value udp_socket_address(napi_env env, napi_callback_info info);
napi_value udp_host_text(napi_env env, napi_callback_info info);
napi_value udp_path(napi_env env, napi_callback_info info);
napi_value udp_source_host(napi_env env, napi_callback_info info);

/* Returns the socket of a handle; NULL when the handle is not one of a UDP socket. */
const struct udp_socket *udp_socket_of(const struct handle *handle);

#endif
