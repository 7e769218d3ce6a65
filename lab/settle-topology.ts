import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Faults } from "../runtime/device/faulty-datagrams.ts";
import { expand, type Groups, groupsOf, isBothWays, sides } from "./host-names.ts";
import { type NumberedHost, numberedHosts } from "./host-numbers.ts";
import type { Host, LinkRule, Topology, TopologyEvent, Way } from "./topology.ts";
import type { Crossing, LinkDocument, TopologyDocument } from "./topology-document.ts";

/** The topology that a faultless document stands for: names become hosts, defaults are filled in. */
export function settleTopology(document: TopologyDocument, file: string): Topology {
  const groups = groupsOf(document);
  const hosts = numberedHosts(document);
  const everyone = hosts.map((host) => host.name);
  const { title, seed, duration, traffic, routes } = document;
  return {
    title: title ?? file,
    seed,
    duration,
    hosts: hosts.map((host) => settleHost(host, document, groups, everyone, file)),
    links: document.links.flatMap((link) => settleLink(link, groups)),
    traffic,
    events: settleEvents(document, groups),
    routes,
    watch: document.watch,
  };
}

function settleHost(
  host: NumberedHost,
  document: TopologyDocument,
  groups: Groups,
  everyone: readonly string[],
  file: string,
): Host {
  const { name, address, virtual, hasTun, document: own } = host;
  const defines = Object.entries({ ...document.defines, ...own.defines });
  const peers = own.peers ?? document.peers ?? "all";
  const told = peers === "all" ? everyone : expand(peers, groups);
  return {
    name,
    address,
    virtual: hasTun ? virtual : undefined,
    programs: (own.programs ?? document.programs ?? []).map((program) => locateProgram(program, file)),
    defines: new Map(defines.map(([key, value]) => [key, String(value)])),
    facts: [...(document.facts ?? []), ...(own.facts ?? [])],
    peers: told.filter((peer) => peer !== name),
  };
}

/** A program beside the topology file comes before a shipped one of its name. */
function locateProgram(program: string, file: string): string {
  const beside = resolve(dirname(file), program);
  return existsSync(beside) ? beside : program;
}

function settleLink(link: LinkDocument, groups: Groups): readonly LinkRule[] {
  const faults = settleFaults(link);
  if (link.between === undefined) {
    return [{ from: new Set(expand(link.from ?? [], groups)), to: new Set(expand(link.to ?? [], groups)), faults }];
  }
  const members = new Set(link.between === "all" ? [...groups.values()].flat() : expand(link.between, groups));
  return [{ from: members, to: members, faults }];
}

function settleFaults({ delay, jitter, loss, duplicate, reorder, "hold-back": holdBack }: LinkDocument): Faults {
  return {
    ...(delay !== undefined && { delay }),
    ...(jitter !== undefined && { jitter }),
    ...(loss !== undefined && { loss }),
    ...(duplicate !== undefined && { duplicate }),
    ...(reorder !== undefined && { reorder }),
    ...(holdBack !== undefined && { holdBack }),
  };
}

function settleEvents({ events }: TopologyDocument, groups: Groups): readonly TopologyEvent[] {
  const settled = events.flatMap(({ at, cut, heal, kill, start }): TopologyEvent[] => [
    ...(cut === undefined ? [] : [{ at, action: { kind: "cut" as const, ways: waysOf(cut, groups) } }]),
    ...(heal === undefined ? [] : [{ at, action: { kind: "heal" as const, ways: waysOf(heal, groups) } }]),
    ...(kill === undefined ? [] : [{ at, action: { kind: "kill" as const, hosts: expand(kill, groups) } }]),
    ...(start === undefined ? [] : [{ at, action: { kind: "start" as const, hosts: expand(start, groups) } }]),
  ]);
  return settled.toSorted((one, other) => one.at - other.at);
}

function waysOf(crossing: Crossing, groups: Groups): readonly Way[] {
  const [one, other] = sides(crossing).map((side) => expand(side, groups)) as [readonly string[], readonly string[]];
  const there = one.flatMap((from) => other.filter((to) => to !== from).map((to) => ({ from, to })));
  const back = isBothWays(crossing) ? there.map(({ from, to }) => ({ from: to, to: from })) : [];
  return [...there, ...back];
}
