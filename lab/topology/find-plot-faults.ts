import { groupsOf } from "./host-names.ts";
import type { NumberedHost } from "./host-numbers.ts";
import type { KeyPath } from "./key-positions.ts";
import { interfaceNamed, listOf, plotName } from "./resolve-plots.ts";
import type { DocumentFault, HostNames, TopologyDocument, TrafficDocument, TrafficKind } from "./topology-document.ts";
import { trafficName } from "./traffic-name.ts";

/** Kinds of traffic that have a throughput, and kinds that have a round-trip time. */
const THROUGHPUT_KINDS: readonly TrafficKind[] = ["udp", "tcp"];
const RTT_KINDS: readonly TrafficKind[] = ["ping", "tcp"];

/** Number of names that a fault lists. */
const NAMES_MAX = 20;

/** Returns a fault for each plot that shows something which the topology does not have, or that has the name of another plot. */
export function findPlotFaults(document: TopologyDocument, hosts: readonly NumberedHost[]): readonly DocumentFault[] {
  const { plots } = document;
  return plots.flatMap((plot, index): readonly DocumentFault[] => {
    const path: KeyPath = ["plots", index];
    const name = plotName(plots, index);
    const isTaken = plots.slice(0, index).some((_, at) => isSameFile(plotName(plots, at), name));
    return [
      ...(isTaken ? [{ path: [...path, "name"], message: `another plot is named ${name}` }] : []),
      ...(isSameFile(name, EVENTS) ? [{ path: [...path, "name"], message: `${EVENTS}.csv has the events` }] : []),
      ...throughputFaults([...path, "throughput"], plot.throughput, document, hosts),
      ...rttFaults([...path, "rtt"], plot.rtt, document.traffic),
      ...pathFaults([...path, "path"], plot.path, document),
    ];
  });
}

/** Name of the file with the events, which no plot may have. */
const EVENTS = "events";

/** Whether two names are those of one file, also where file names have no case. */
function isSameFile(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Returns a function that reports a message at a place of the document. */
function faultAt(path: KeyPath): (message: string) => readonly DocumentFault[] {
  return (message) => [{ path, message }];
}

function throughputFaults(
  path: KeyPath,
  written: HostNames | undefined,
  { traffic, hosts: groups }: TopologyDocument,
  hosts: readonly NumberedHost[],
): readonly DocumentFault[] {
  return listOf(written).flatMap((name, at): readonly DocumentFault[] => {
    const fault = faultAt(typeof written === "string" ? path : [...path, at]);
    const one = trafficNamed(name, traffic);
    const { host: hostName, device } = interfaceNamed(name);
    const host = hosts.find((candidate) => candidate.name === hostName);
    if (one !== undefined && host !== undefined) return fault(`both a traffic and a host are named ${name}`);
    if (one !== undefined) return kindFault(name, one, THROUGHPUT_KINDS, fault);
    if (host === undefined && hostName in groups) return fault(`expected one host, not the group ${hostName}`);
    if (host === undefined)
      return fault(`there is no traffic or host ${JSON.stringify(name)}; ${known(traffic, hosts)}`);
    if (host.machine !== host.name) return fault(`${hostName} shares its host with other nodes`);
    const devices = host.devices.map((candidate) => candidate.name);
    if (device === undefined || devices.includes(device)) return [];
    const list = devices.length === 0 ? "it has none" : `its devices are ${devices.join(", ")}`;
    return fault(`${hostName} has no device ${JSON.stringify(device)}; ${list}`);
  });
}

function rttFaults(
  path: KeyPath,
  written: HostNames | undefined,
  traffic: readonly TrafficDocument[],
): readonly DocumentFault[] {
  return listOf(written).flatMap((name, at): readonly DocumentFault[] => {
    const fault = faultAt(typeof written === "string" ? path : [...path, at]);
    const one = trafficNamed(name, traffic);
    if (one !== undefined) return kindFault(name, one, RTT_KINDS, fault);
    return fault(`there is no traffic ${JSON.stringify(name)}; ${known(traffic, [])}`);
  });
}

function kindFault(
  name: string,
  { kind }: TrafficDocument,
  kinds: readonly TrafficKind[],
  fault: (message: string) => readonly DocumentFault[],
): readonly DocumentFault[] {
  if (kinds.includes(kind)) return [];
  const needed = kinds.map((one) => `"${one}"`).join(" or ");
  return fault(`needs [[traffic]] of kind ${needed}; ${name} is of kind "${kind}"`);
}

function pathFaults(
  path: KeyPath,
  written: readonly [string, string] | undefined,
  document: TopologyDocument,
): readonly DocumentFault[] {
  if (written === undefined) return [];
  if (document.routes === undefined) return [{ path, message: "needs `routes`, which names the route table" }];
  if (written[0] === written[1]) return [{ path, message: "expected two different hosts" }];
  const groups = groupsOf(document);
  return written.flatMap((name, at) => {
    const members = groups.get(name);
    const isGroup = members !== undefined && !(members.length === 1 && members[0] === name);
    return isGroup ? [{ path: [...path, at], message: `expected one host, not the group ${name}` }] : [];
  });
}

function trafficNamed(name: string, traffic: readonly TrafficDocument[]): TrafficDocument | undefined {
  return traffic.find((_, number) => trafficName(traffic, number) === name);
}

/** Lists the names that a plot may use. */
function known(traffic: readonly TrafficDocument[], hosts: readonly NumberedHost[]): string {
  const names = traffic.map((_, number) => trafficName(traffic, number)).slice(0, NAMES_MAX);
  const trafficNames = names.length === 0 ? "there is no [[traffic]]" : `the known traffic is ${names.join(", ")}`;
  if (hosts.length === 0) return trafficNames;
  const hostNames = hosts.slice(0, NAMES_MAX).map(({ name }) => name);
  return `${trafficNames}; the known hosts are ${hostNames.join(", ")}`;
}
