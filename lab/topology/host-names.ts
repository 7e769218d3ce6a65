import type { Crossing, HostDocument, HostNames, TopologyDocument } from "./topology-document.ts";

/** Hosts by each name that a topology file may use: a host, a group, or a network. */
export type Groups = ReadonlyMap<string, readonly string[]>;

/**
 * Returns the groups of a document. A host with a `count` is a group, and each member has a name too. The name of a network
 * stands for the hosts that it has at the start.
 */
export function groupsOf({ hosts, networks }: TopologyDocument): Groups {
  const groups = new Map<string, readonly string[]>();
  for (const network of Object.keys(networks)) {
    const inside = Object.entries(hosts).filter(([, host]) => networksOf(host).includes(network));
    groups.set(
      network,
      inside.flatMap(([name, host]) => nodesIn(name, host)),
    );
  }
  for (const [name, host] of Object.entries(hosts)) {
    groups.set(name, nodesIn(name, host));
    for (const member of membersOf(name, host)) {
      const nodes = nodesOf(member, host);
      groups.set(member, nodes);
      for (const node of nodes) groups.set(node, [node]);
    }
  }
  return groups;
}

/** Returns the networks that a host is in, in the order of its interfaces. */
export function networksOf({ network, networks }: HostDocument): readonly string[] {
  return networks ?? (network === undefined ? [] : [network]);
}

/** Returns the nodes of all hosts that one entry of `hosts` defines. */
function nodesIn(name: string, host: HostDocument): readonly string[] {
  return membersOf(name, host).flatMap((member) => nodesOf(member, host));
}

/** Returns the names of the nodes of one host: its own name, or `server.1`, `server.2`, ... if it has `nodes`. */
export function nodesOf(member: string, { nodes }: HostDocument): readonly string[] {
  return nodes === undefined ? [member] : Array.from({ length: nodes }, (_, at) => `${member}.${at + 1}`);
}

/** Returns the names of the hosts that one entry of `hosts` defines. */
export function membersOf(name: string, { count }: HostDocument): readonly string[] {
  return count === undefined ? [name] : Array.from({ length: count }, (_, at) => `${name}${at + 1}`);
}

/** Returns the hosts that the names stand for, without duplicates. */
export function expand(names: HostNames, groups: Groups): readonly string[] {
  return [...new Set([names].flat().flatMap((name) => groups.get(name) ?? []))];
}

/** Whether a crossing covers both directions. */
export function isBidirectional(crossing: Crossing): crossing is readonly [HostNames, HostNames] {
  return Array.isArray(crossing);
}

/** Returns the two ends of a crossing. If it has one direction, the first end is the sender. */
export function sides(crossing: Crossing): readonly [HostNames, HostNames] {
  return isBidirectional(crossing) ? crossing : [crossing.from, crossing.to];
}
