import { membersOf, networksOf } from "./host-names.ts";
import type { HostDocument, TopologyDocument } from "./topology-document.ts";

/**
 * Returns a network, and the networks through which its packets leave it by gateways that are hosts, in this order. Ends at a network
 * without such a gateway, or before a network that it has already.
 */
export function outwardNetworks(
  start: string,
  { networks, hosts }: Pick<TopologyDocument, "networks" | "hosts">,
): readonly string[] {
  const passed: string[] = [];
  for (let at: string | undefined = start; at !== undefined && !passed.includes(at); ) {
    passed.push(at);
    at = nextOutwards(at, { networks, hosts });
  }
  return passed;
}

/** Returns the network into which the gateway of a network sends. Undefined if no host is the gateway, or it has no other network. */
export function nextOutwards(
  network: string,
  { networks, hosts }: Pick<TopologyDocument, "networks" | "hosts">,
): string | undefined {
  const gateway = networks[network]?.gateway;
  const host = gateway === undefined ? undefined : hostOf(gateway, hosts);
  return host && networksOf(host).find((one) => networks[one]?.gateway !== gateway);
}

/** Returns the host with a name, also if the name is one of a group. */
export function hostOf(name: string, hosts: TopologyDocument["hosts"]): HostDocument | undefined {
  return Object.entries(hosts).find(([group, host]) => membersOf(group, host).includes(name))?.[1];
}
