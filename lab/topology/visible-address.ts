import { ipOf, withIp } from "./address-range.ts";
import type { Interface } from "./topology.ts";
import type { TopologyDocument } from "./topology-document.ts";

/** Interfaces of the hosts of a file, by the names of the hosts. */
export type GatewayInterfaces = ReadonlyMap<string, readonly Interface[]>;

/**
 * Returns the `ip:port` under which hosts that are not behind any gateway see an address. No gateway changes the port, and a gateway that
 * only routes does not change the address either.
 */
export function visibleAddress(
  inner: Interface,
  networks: TopologyDocument["networks"],
  gateways: GatewayInterfaces,
): string {
  let { network, address } = inner;
  const passed = new Set<string>();
  while (network !== undefined && !passed.has(network)) {
    passed.add(network);
    const { nat, gateway } = networks[network] ?? {};
    if (typeof nat === "string") return withIp(address, nat);
    const uplink: Interface | undefined = uplinkOf(gateway, network, networks, gateways);
    if (uplink === undefined) break;
    if (nat === true) address = withIp(address, ipOf(uplink.address));
    network = uplink.network;
  }
  return address;
}

/**
 * Returns the interface by which a gateway sends out packets from a network: its first interface in a network of which it is not the
 * gateway.
 */
function uplinkOf(
  gateway: string | undefined,
  network: string,
  networks: TopologyDocument["networks"],
  gateways: GatewayInterfaces,
): Interface | undefined {
  if (gateway === undefined) return undefined;
  return gateways
    .get(gateway)
    ?.find((one) => one.network !== network && networks[one.network ?? ""]?.gateway !== gateway);
}
