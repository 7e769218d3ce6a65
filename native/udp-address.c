/* Socket addresses. Called by all files about UDP sockets, and by sessions.c. */
#include "udp-address.h"

socklen_t udp_address_length(const union udp_address *address) {
  if (address->any.sa_family == AF_INET) return sizeof address->v4;
  return address->any.sa_family == AF_INET6 ? sizeof address->v6 : 0;
}
