/* no-checksums INTERFACE: switches checksum offload of the interface off. */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(int count, char **arguments) {
  struct ethtool_value off = {.cmd = ETHTOOL_STXCSUM, .data = 0};
  struct ifreq request = {.ifr_data = (char *)&off};
  if (count != 2) return 2;
  strncpy(request.ifr_name, arguments[1], IFNAMSIZ - 1);
  return ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCETHTOOL, &request) == 0 ? 0 : 1;
}
