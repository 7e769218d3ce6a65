/**
 * Checks of a topology document that go beyond the schema. `readTopology` calls `findFaults` after `parseDocument`; only a document without
 * faults is resolved. This file checks names, addresses, times and traffic; the other find-*.ts files check nodes, networks, gateways and
 * checks.
 */
import { isIPv4 } from "node:net";
import { findDeviceFaults } from "./find-device-faults.ts";
import { type Groups, groupsOf, isBidirectional, membersOf, sides } from "./host-names.ts";
import { type NumberedHost, numberedHosts } from "./host-numbers.ts";
import { findCheckFaults } from "./find-check-faults.ts";
import { findNetworkFaults } from "./find-network-faults.ts";
import { findNodeFaults } from "./find-node-faults.ts";
import { findPlotFaults } from "./find-plot-faults.ts";
import { ipOf } from "./address-range.ts";
import type { KeyPath } from "./key-positions.ts";
import { interfacesOf } from "./topology.ts";
import type { Crossing, DocumentFault, HostNames, LinkDocument, TopologyDocument } from "./topology-document.ts";
import { type TrafficEndsByName, trafficEnds } from "./traffic-end.ts";
import { trafficName } from "./traffic-name.ts";

/** Returns the faults that the schema does not find: unknown hosts, duplicate addresses, times after the end. */
export function findFaults(document: TopologyDocument): readonly DocumentFault[] {
  const groups = groupsOf(document);
  const hosts = numberedHosts(document);
  const ends = trafficEnds(hosts);
  return [
    ...findUnknownHosts(document, groups, ends),
    ...findCollidingNames(document),
    ...findNodeFaults(document),
    ...findDeviceFaults(document, hosts),
    ...findSharedAddresses(document, hosts),
    ...findHostsWithoutPrograms(document),
    ...findTrafficFaults(document, groups, ends),
    ...findLateTimes(document),
    ...findNetworkFaults(document),
    ...findCheckFaults(document, ends),
    ...findPlotFaults(document, hosts),
  ];
}

function findUnknownHosts(
  document: TopologyDocument,
  groups: Groups,
  ends: TrafficEndsByName,
): readonly DocumentFault[] {
  const known = [...groups.keys()].slice(0, 20).join(", ");
  return mentions(document).flatMap(({ path, name, isEnd }) => {
    if (groups.has(name) || (isEnd && ends.has(name))) return [];
    if (isEnd && isIPv4(name)) return [{ path, message: `no device has the address ${name}` }];
    return [{ path, message: `there is no host ${JSON.stringify(name)}; the known hosts are ${known}` }];
  });
}

/** Use of a host's name in the document. */
interface Mention {
  readonly path: KeyPath;
  readonly name: string;
  /** Whether it is an end of traffic, which may also be the address of a device. */
  readonly isEnd: boolean;
}

function mentions(document: TopologyDocument): readonly Mention[] {
  const { peers, hosts, links, traffic, events, networks, commands, checks, plots } = document;
  return [
    ...namesAt(["peers"], peers === "all" ? undefined : peers),
    ...Object.entries(hosts).flatMap(([name, host]) =>
      namesAt(["hosts", name, "peers"], host.peers === "all" ? undefined : host.peers),
    ),
    ...Object.entries(networks).flatMap(([name, { forward, gateway }]) => [
      ...namesAt(["networks", name, "forward"], forward),
      ...namesAt(["networks", name, "gateway"], gateway),
    ]),
    ...links.flatMap((link, at) => linkAt(["links", at], link)),
    ...traffic.flatMap(({ from, to }, at) => [
      ...endsAt(["traffic", at, "from"], from),
      ...endsAt(["traffic", at, "to"], to),
    ]),
    ...events.flatMap((event, at) => [
      ...crossingAt(["events", at, "cut"], event.cut),
      ...crossingAt(["events", at, "heal"], event.heal),
      ...namesAt(["events", at, "kill"], event.kill),
      ...namesAt(["events", at, "start"], event.start),
      ...namesAt(["events", at, "move"], event.move),
      ...linkAt(["events", at, "change"], event.change),
      ...namesAt(["events", at, "on"], event.on),
    ]),
    ...commands.flatMap(({ on }, at) => namesAt(["commands", at, "on"], on)),
    ...checks.flatMap(({ from, to, path, reaches, unreachable, on }, at) => [
      ...endsAt(["checks", at, "from"], from),
      ...endsAt(["checks", at, "to"], to),
      ...namesAt(["checks", at, "path"], path),
      ...endsAt(["checks", at, "reaches"], reaches),
      ...endsAt(["checks", at, "unreachable"], unreachable),
      ...namesAt(["checks", at, "on"], on),
    ]),
    ...plots.flatMap(({ path }, at) => namesAt(["plots", at, "path"], path)),
  ];
}

function linkAt(path: KeyPath, link: LinkDocument | undefined): readonly Mention[] {
  if (link === undefined) return [];
  const { between, from, to } = link;
  return [
    ...namesAt([...path, "between"], between === "all" ? undefined : between),
    ...namesAt([...path, "from"], from),
    ...namesAt([...path, "to"], to),
  ];
}

function namesAt(path: KeyPath, names: HostNames | undefined): readonly Mention[] {
  if (names === undefined) return [];
  if (typeof names === "string") return [{ path, name: names, isEnd: false }];
  return names.map((name, at) => ({ path: [...path, at], name, isEnd: false }));
}

function endsAt(path: KeyPath, names: HostNames | undefined): readonly Mention[] {
  return namesAt(path, names).map((mention) => ({ ...mention, isEnd: true }));
}

function crossingAt(path: KeyPath, crossing: Crossing | undefined): readonly Mention[] {
  if (crossing === undefined) return [];
  const [from, to] = sides(crossing);
  const keys = isBidirectional(crossing) ? [0, 1] : ["from", "to"];
  return [...namesAt([...path, ...keys.slice(0, 1)], from), ...namesAt([...path, ...keys.slice(1)], to)];
}

function findCollidingNames(document: TopologyDocument): readonly DocumentFault[] {
  const faults: DocumentFault[] = [];
  const seen = new Set<string>();
  for (const [name, host] of Object.entries(document.hosts)) {
    for (const member of membersOf(name, host)) {
      if (seen.has(member)) faults.push({ path: ["hosts", name], message: `another host is named ${member}` });
      seen.add(member);
    }
  }
  return faults;
}

function findSharedAddresses(document: TopologyDocument, hosts: readonly NumberedHost[]): readonly DocumentFault[] {
  const faults: DocumentFault[] = [];
  const owners = new Map<string, string>();
  for (const [name, { nat }] of Object.entries(document.networks)) {
    if (typeof nat !== "string") continue;
    const owner = owners.get(nat);
    if (owner !== undefined)
      faults.push({ path: ["networks", name, "nat"], message: `${nat} is already the address of ${owner}` });
    owners.set(nat, name);
  }
  const seen = new Set<string>();
  for (const host of hosts) {
    const { name, group, machine } = host;
    if (seen.has(machine)) continue;
    seen.add(machine);
    for (const [key, value] of writtenAddresses(host)) {
      const owner = owners.get(value);
      owners.set(value, name);
      if (owner !== undefined)
        faults.push({ path: ["hosts", group, ...key], message: `${value} is already the address of ${owner}` });
    }
  }
  return faults;
}

/** Returns the addresses of a host, in the network and of its devices, with their keys in the table of the host. */
function writtenAddresses(host: NumberedHost): readonly (readonly [key: KeyPath, address: string])[] {
  const { devices, document } = host;
  return [
    ...interfacesOf(host).map(({ address }) => [["address"], ipOf(address)] as const),
    ...devices.flatMap(({ network }, at) => {
      const key = document.devices === undefined ? ["virtual"] : ["devices", at, "address"];
      return network === undefined ? [] : [[key, network.address] as const];
    }),
  ];
}

function findHostsWithoutPrograms(document: TopologyDocument): readonly DocumentFault[] {
  const message = 'missing; expected a list of programs, as programs = ["ron.mzl"], here or for all hosts';
  return Object.entries(document.hosts)
    .filter(([, host]) => (host.programs ?? document.programs ?? []).length === 0)
    .map(([name]) => ({ path: ["hosts", name, "programs"], message }));
}

function findTrafficFaults(
  document: TopologyDocument,
  groups: Groups,
  ends: TrafficEndsByName,
): readonly DocumentFault[] {
  const names = document.traffic.map((_, index) => trafficName(document.traffic, index));
  return document.traffic.flatMap((traffic, index) => {
    const { from, to, at } = traffic;
    const path = ["traffic", index];
    const faults: DocumentFault[] = [from, to].flatMap((name, side) => {
      const key = side === 0 ? "from" : "to";
      const end = ends.get(name);
      if (end !== undefined && end.address === undefined)
        return [{ path: [...path, key], message: `${name} has no device with an address` }];
      const isGroup = groups.has(name) && end === undefined;
      return isGroup ? [{ path: [...path, key], message: `expected one host, not the group ${name}` }] : [];
    });
    if (from === to || (ends.get(from)?.host ?? from) === ends.get(to)?.host)
      faults.push({ path: [...path, "to"], message: "expected a host other than `from`" });
    if (at >= document.duration) faults.push({ path: [...path, "at"], message: TOO_LATE });
    else if (at + (traffic.duration ?? 0) > document.duration)
      faults.push({ path: [...path, "duration"], message: "expected an end before the end of the run" });
    const name = names[index];
    if (names.indexOf(name ?? "") < index)
      faults.push({ path: [...path, "name"], message: `another traffic is named ${name}` });
    return faults;
  });
}

const TOO_LATE = "expected a time before `duration`, the end of the run";

function findLateTimes({ events, commands, checks, duration }: TopologyDocument): readonly DocumentFault[] {
  const late = (key: string, all: readonly { readonly at?: number | undefined }[]): readonly DocumentFault[] =>
    all.flatMap(({ at = 0 }, index) => (at < duration ? [] : [{ path: [key, index, "at"], message: TOO_LATE }]));
  return [...late("events", events), ...late("commands", commands), ...late("checks", checks)];
}
