import { groupsOf, membersOf, networksOf } from "./host-names.ts";
import { hostOf, nextOutwards, outwardNetworks } from "./outward-networks.ts";
import type { DocumentFault, NetworkDocument, TopologyDocument } from "./topology-document.ts";

/** Returns the faults of gateways that are hosts, and of hosts in several networks. */
export function findGatewayFaults(document: TopologyDocument): readonly DocumentFault[] {
  return [
    ...Object.entries(document.networks).flatMap(([name, network]) => findNetworkFault(name, network, document)),
    ...findHostFaults(document),
  ];
}

function findNetworkFault(
  name: string,
  network: NetworkDocument,
  document: TopologyDocument,
): readonly DocumentFault[] {
  const { gateway, nat } = network;
  const fault = (key: string, message: string): readonly DocumentFault[] => [
    { path: ["networks", name, key], message },
  ];
  if (gateway === undefined) {
    if (typeof nat !== "boolean") return [];
    return fault("nat", "needs `gateway`, the host that translates addresses, or is an address itself");
  }
  if (typeof nat === "string")
    return fault("nat", `is the address of a gateway, and ${gateway} is the gateway: expected true`);
  const host = hostOf(gateway, document.hosts);
  // Unknown names have been reported already.
  if (host === undefined) return groupsOf(document).has(gateway) ? fault("gateway", "expected one host") : [];
  const networks = networksOf(host);
  if (!networks.includes(name)) return fault("gateway", `${gateway} is not in ${name}`);
  if (networks.length === 1)
    return fault("gateway", `${gateway} is in no other network, as networks = [${JSON.stringify(name)}, "NETWORK"]`);
  const own = network.forward.indexOf(gateway);
  if (own >= 0) return [{ path: ["networks", name, "forward", own], message: `${gateway} is the gateway itself` }];
  if (leadsBack(name, document)) return fault("gateway", `packets from ${name} come back to it by its gateways`);
  const outer = nat === true ? undefined : networks.find((one) => isRouted(one, gateway, document));
  if (outer === undefined) return [];
  return fault(
    "gateway",
    `${gateway} only routes, and so does the gateway of ${outer}: one of them needs \`nat = true\``,
  );
}

/** Whether a network has a gateway other than `host` that only routes. */
function isRouted(name: string, host: string, { networks }: TopologyDocument): boolean {
  const { gateway, nat } = networks[name] ?? {};
  return gateway !== undefined && gateway !== host && nat !== true;
}

/** Whether the path outwards from a network, from gateway to gateway, never ends because it reaches a network twice. */
function leadsBack(start: string, document: TopologyDocument): boolean {
  return nextOutwards(outwardNetworks(start, document).at(-1) ?? start, document) !== undefined;
}

function findHostFaults({ hosts, events }: TopologyDocument): readonly DocumentFault[] {
  const moving = new Set(events.flatMap(({ move }) => [move ?? []].flat()));
  return Object.entries(hosts).flatMap(([name, host]): readonly DocumentFault[] => {
    const several = networksOf(host);
    const fault = (key: string, message: string): DocumentFault => ({ path: ["hosts", name, key], message });
    if (host.network !== undefined && host.networks !== undefined)
      return [fault("networks", "expected either `network` or `networks`")];
    if (several.length < 2) return [];
    const repeated = several.findIndex((one, at) => several.indexOf(one) !== at);
    const moves = [name, ...membersOf(name, host), ...several].some((one) => moving.has(one));
    return [
      ...(repeated < 0
        ? []
        : [{ path: ["hosts", name, "networks", repeated], message: `${several[repeated]} is named twice` }]),
      ...(moves ? [fault("networks", "an event moves the host, which then would be in one network")] : []),
      ...(host.nodes === undefined
        ? []
        : [fault("nodes", "is in several networks, where each node would need `--addr`")]),
    ];
  });
}
