import type { Crossing, HostDocument, HostNames, TopologyDocument } from "./topology-document.ts";

/** Each name that a topology file may use for hosts, and the hosts it stands for. */
export type Groups = ReadonlyMap<string, readonly string[]>;

/**
 * A host with a `count` is a group of that many, and each of them goes by its own name too. A network's name stands for
 * the hosts that are in it at the start.
 */
export function groupsOf({ hosts, networks }: TopologyDocument): Groups {
  const groups = new Map<string, readonly string[]>();
  for (const network of Object.keys(networks)) {
    const inside = Object.entries(hosts).filter(([, host]) => host.network === network);
    groups.set(
      network,
      inside.flatMap(([name, host]) => membersOf(name, host)),
    );
  }
  for (const [name, host] of Object.entries(hosts)) {
    const members = membersOf(name, host);
    groups.set(name, members);
    for (const member of members) groups.set(member, [member]);
  }
  return groups;
}

/** The hosts that an entry among the hosts stands for. */
export function membersOf(name: string, { count }: HostDocument): readonly string[] {
  return count === undefined ? [name] : Array.from({ length: count }, (_, at) => `${name}${at + 1}`);
}

/** The hosts that the names stand for, each once. */
export function expand(names: HostNames, groups: Groups): readonly string[] {
  return [...new Set([names].flat().flatMap((name) => groups.get(name) ?? []))];
}

/** It stands for the ways in both directions. */
export function isBidirectional(crossing: Crossing): crossing is readonly [HostNames, HostNames] {
  return Array.isArray(crossing);
}

/** The two ends of a crossing; one that is not both ways goes from the first to the second. */
export function sides(crossing: Crossing): readonly [HostNames, HostNames] {
  return isBidirectional(crossing) ? crossing : [crossing.from, crossing.to];
}
