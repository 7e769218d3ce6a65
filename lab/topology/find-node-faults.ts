import { membersOf, networksOf, nodesOf } from "./host-names.ts";
import { outwardNetworks } from "./outward-networks.ts";
import type { DocumentFault, HostNames, LinkDocument, TopologyDocument } from "./topology-document.ts";

const LAST_PORT = 65_535;

/**
 * Returns the faults of hosts that have several nodes: keys that can apply to only one node, and events and links that name a single node.
 */
export function findNodeFaults(document: TopologyDocument): readonly DocumentFault[] {
  return [...findHostFaults(document), ...findSingleNodes(document)];
}

function findHostFaults(document: TopologyDocument): readonly DocumentFault[] {
  const { hosts, networks, events } = document;
  const moving = new Set(events.flatMap(({ move }) => [move ?? []].flat()));
  return Object.entries(hosts).flatMap(([name, host]): readonly DocumentFault[] => {
    const { nodes, address } = host;
    const [network = ""] = networksOf(host);
    if (nodes === undefined) return [];
    const fault = (key: string, message: string): DocumentFault => ({ path: ["hosts", name, key], message });
    const port = Number(address?.slice(address.lastIndexOf(":") + 1) ?? 10_000);
    const hidden = outwardNetworks(network, document).some((one) => (networks[one]?.nat ?? false) !== false);
    const moves = [name, ...membersOf(name, host), network].some((one) => moving.has(one));
    return [
      ...(["tun", "virtual", "devices"] as const)
        .filter((key) => (key === "tun" ? host.tun === true : host[key] !== undefined))
        .map((key) => fault(key, "a device belongs to one node, and the host has `nodes`")),
      ...(hidden ? [fault("nodes", `is in ${network}, behind a gateway, where each node would need \`--addr\``)] : []),
      ...(moves ? [fault("nodes", "an event moves the host, and each node would need `--addr`")] : []),
      ...(port + nodes - 1 > LAST_PORT
        ? [fault("nodes", `needs ports up to ${port + nodes - 1}; the last port is 65535`)]
        : []),
    ];
  });
}

/**
 * Returns the faults of links and events that name a single node. They must name the host: its nodes run in one process and share its
 * links.
 */
function findSingleNodes({ hosts, events, links }: TopologyDocument): readonly DocumentFault[] {
  const hostOf = new Map(
    Object.entries(hosts).flatMap(([name, host]) =>
      membersOf(name, host).flatMap((member) =>
        host.nodes === undefined ? [] : nodesOf(member, host).map((node) => [node, member] as const),
      ),
    ),
  );
  const faults = (path: DocumentFault["path"], names: unknown): readonly DocumentFault[] =>
    namesIn(names).flatMap((name) => {
      const host = hostOf.get(name);
      return host === undefined ? [] : [{ path, message: `${name} is one of the nodes of ${host}: name the host` }];
    });
  const ofLink = (path: DocumentFault["path"], { between, from, to }: LinkDocument): readonly DocumentFault[] => [
    ...faults([...path, "between"], between),
    ...faults([...path, "from"], from),
    ...faults([...path, "to"], to),
  ];
  return [
    ...links.flatMap((link, at) => ofLink(["links", at], link)),
    ...events.flatMap((event, at) => [
      ...(["cut", "heal", "kill", "start", "move"] as const).flatMap((key) => faults(["events", at, key], event[key])),
      ...(event.change === undefined ? [] : ofLink(["events", at, "change"], event.change)),
    ]),
  ];
}

/** Returns all names in a list, in its nested lists, and in the two sides of a link. */
function namesIn(names: unknown): readonly string[] {
  if (typeof names === "string") return [names];
  if (Array.isArray(names)) return (names as readonly HostNames[]).flatMap(namesIn);
  return typeof names === "object" && names !== null ? Object.values(names).flatMap(namesIn) : [];
}
