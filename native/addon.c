#include <node_api.h>

#include "confine.h"
#include "gcm.h"
#include "links.h"
#include "netlink.h"
#include "notify.h"
#include "tun.h"
#include "udp.h"

/* Version of the interface to index.ts. Raised with each change, so that an addon built from other sources is not used. */
#define CONTRACT 20

NAPI_MODULE_INIT() {
  napi_value contract;
  napi_create_int32(env, CONTRACT, &contract);
  const napi_property_descriptor properties[] = {
      {"contract", NULL, NULL, NULL, NULL, contract, napi_enumerable, NULL},
      {"openTun", NULL, tun_open, NULL, NULL, NULL, napi_enumerable, NULL},
      {"openNetlink", NULL, netlink_open, NULL, NULL, NULL, napi_enumerable, NULL},
      {"netlinkDump", NULL, netlink_dump, NULL, NULL, NULL, napi_enumerable, NULL},
      {"confine", NULL, confine, NULL, NULL, NULL, napi_enumerable, NULL},
      {"notify", NULL, notify, NULL, NULL, NULL, napi_enumerable, NULL},
      {"seal", NULL, gcm_seal, NULL, NULL, NULL, napi_enumerable, NULL},
      {"open", NULL, gcm_open, NULL, NULL, NULL, napi_enumerable, NULL},
      {"openTrain", NULL, gcm_open_train, NULL, NULL, NULL, napi_enumerable, NULL},
      {"mac", NULL, links_mac, NULL, NULL, NULL, napi_enumerable, NULL},
      {"openLinks", NULL, links_open, NULL, NULL, NULL, napi_enumerable, NULL},
      {"openUdp", NULL, udp_open, NULL, NULL, NULL, napi_enumerable, NULL},
      {"socketAddress", NULL, udp_socket_address, NULL, NULL, NULL, napi_enumerable, NULL},
      {"hostText", NULL, udp_host_text, NULL, NULL, NULL, napi_enumerable, NULL},
      {"pathMtu", NULL, udp_path, NULL, NULL, NULL, napi_enumerable, NULL},
      {"sourceHost", NULL, udp_source_host, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}
