/**
 * Last phase of reading a topology file: turns a checked `TopologyDocument` into the `Topology` that the simulator and the
 * kernel lab run. `readTopology` calls `resolveTopology` once `findFaults` has found nothing.
 */
import { formatValue } from "../../runtime/plan/values/format.ts";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import { parseRange } from "./address-range.ts";
import { describeFaults } from "./describe-faults.ts";
import { coveredTraffic } from "./find-check-faults.ts";
import { type TrafficEndsByName, trafficEnds } from "./traffic-end.ts";
import { trafficName } from "./traffic-name.ts";
import { resolvePlots } from "./resolve-plots.ts";
import { expand, type Groups, groupsOf, isBidirectional, sides } from "./host-names.ts";
import { NetworkAddresses, type NumberedHost, numberedHosts } from "./host-numbers.ts";
import type {
  TopologyAction,
  Check,
  Expectation,
  Host,
  LinkRule,
  Network,
  Topology,
  TopologyEvent,
  Traffic,
  Direction,
} from "./topology.ts";
import type {
  CheckDocument,
  Crossing,
  EventDocument,
  HostNames,
  LinkDocument,
  TopologyDocument,
  TrafficDocument,
} from "./topology-document.ts";

/** Resolves a document without faults: groups become hosts, defaults are filled in, addresses are assigned. */
export function resolveTopology(document: TopologyDocument, file: string): Topology {
  const groups = groupsOf(document);
  const addresses = new NetworkAddresses(document);
  const hosts = numberedHosts(document, addresses);
  const moving = new Set(document.events.flatMap(({ move }) => expand(move ?? [], groups)));
  const everyone = hosts.map((host) => host.name);
  const ends = trafficEnds(hosts);
  const { title, seed, duration, traffic, routes } = document;
  return {
    title: title ?? file,
    seed,
    duration,
    networks: resolveNetworks(document, groups),
    hosts: hosts.map((host) => resolveHost(host, document, groups, { everyone, moving }, file)),
    links: document.links.map((link) => resolveLink(link, document, groups)),
    traffic: resolveTraffic(traffic, duration, ends),
    events: resolveEvents(document, groups, { addresses, everyone, file }),
    commands: document.commands.map(({ at, on, run }) => ({ at, run, hosts: commandHosts(on, groups, hosts) })),
    checks: document.checks.map((check) => resolveCheck(check, document, { groups, everyone, ends })),
    plots: resolvePlots(document),
    routes,
    watch: document.watch,
  };
}

/** Returns the nodes on whose hosts a command runs. A host with several nodes runs the command once, unless the file names its nodes. */
function commandHosts(on: HostNames, groups: Groups, hosts: readonly NumberedHost[]): readonly string[] {
  const named = new Set([on].flat());
  const firsts = new Set(hosts.filter(({ machine }, at) => machine !== hosts[at - 1]?.machine).map(({ name }) => name));
  return expand(on, groups).filter((name) => named.has(name) || firsts.has(name));
}

function resolveHost(
  host: NumberedHost,
  document: TopologyDocument,
  groups: Groups,
  { everyone, moving }: { readonly everyone: readonly string[]; readonly moving: ReadonlySet<string> },
  file: string,
): Host {
  const { name, machine, network, address, visible, others, devices, document: hostDocument } = host;
  const defines = Object.entries({ ...document.defines, ...hostDocument.defines });
  const secrets = Object.entries({ ...document.secrets, ...hostDocument.secrets });
  const peers = hostDocument.peers ?? document.peers ?? "all";
  const peerNames = peers === "all" ? everyone : expand(peers, groups);
  return {
    name,
    machine,
    network,
    address,
    visible,
    others,
    moves: moving.has(name),
    devices,
    programs: (hostDocument.programs ?? document.programs ?? []).map((program) => locateProgram(program, file)),
    defines: new Map(defines.map(([key, value]) => [key, typeof value === "number" ? formatValue(value) : value])),
    facts: [...(document.facts ?? []), ...(hostDocument.facts ?? [])],
    secrets: new Map(secrets.map(([key, path]) => [key, resolve(dirname(file), path)])),
    peers: peerNames.filter((peer) => peer !== name),
  };
}

/**
 * Returns the path of a program in the folder of the topology file. If there is none, returns the name unchanged: it may be a shipped
 * program.
 */
function locateProgram(program: string, file: string): string {
  const beside = resolve(dirname(file), program);
  return existsSync(beside) ? beside : program;
}

function resolveNetworks({ networks }: TopologyDocument, groups: Groups): readonly Network[] {
  return Object.entries(networks).flatMap(([name, { range: text, nat, gateway, forward }]) => {
    const range = parseRange(text);
    if (range === undefined) return [];
    return [
      {
        name,
        range,
        nat: typeof nat === "string" ? nat : undefined,
        gateway,
        translates: nat !== undefined && nat !== false,
        forward: expand(forward, groups),
      },
    ];
  });
}

function resolveLink(link: LinkDocument, document: TopologyDocument, groups: Groups): LinkRule {
  const faults = resolveFaults(link);
  const namesOf = (names: HostNames): ReadonlySet<string> =>
    new Set([names].flat().flatMap((name) => (name in document.networks ? [name] : (groups.get(name) ?? []))));
  const { between, from = [], to = [] } = link;
  if (between === undefined) return { from: namesOf(from), to: namesOf(to), faults };
  const members = between === "all" ? new Set([...groups.values()].flat()) : namesOf(between);
  return { from: members, to: members, faults };
}

function resolveFaults({
  delay,
  jitter,
  loss,
  duplicate,
  reorder,
  "hold-back": holdBack,
  rate,
  queue,
}: LinkDocument): LinkFaults {
  return {
    ...(delay !== undefined && { delay }),
    ...(jitter !== undefined && { jitter }),
    ...(loss !== undefined && { loss }),
    ...(duplicate !== undefined && { duplicate }),
    ...(reorder !== undefined && { reorder }),
    ...(holdBack !== undefined && { holdBack }),
    ...(rate !== undefined && { rate }),
    ...(queue !== undefined && { queue }),
  };
}

/** Parts of a topology that events refer to. */
interface EventContext {
  readonly addresses: NetworkAddresses;
  readonly everyone: readonly string[];
  /** Path of the topology file. */
  readonly file: string;
}

function resolveEvents(document: TopologyDocument, groups: Groups, context: EventContext): readonly TopologyEvent[] {
  const numbered = document.events.map((event, number) => ({ event, number }));
  return numbered
    .toSorted((one, other) => one.event.at - other.event.at)
    .flatMap(({ event, number }) =>
      resolveEvent(event, document, groups, context).map((action) => ({ at: event.at, action, number })),
    );
}

function resolveEvent(
  event: EventDocument,
  document: TopologyDocument,
  groups: Groups,
  { addresses, everyone, file }: EventContext,
): readonly TopologyAction[] {
  const { cut, heal, kill, start, move, to, change } = event;
  if (cut !== undefined) return [{ kind: "cut", directions: directionsOf(cut, groups) }];
  if (heal !== undefined) return [{ kind: "heal", directions: directionsOf(heal, groups) }];
  if (kill !== undefined) return [{ kind: "kill", hosts: expand(kill, groups) }];
  if (start !== undefined) return [{ kind: "start", hosts: expand(start, groups) }];
  if (move !== undefined && to !== undefined) {
    const moves = expand(move, groups).map((host) => ({ host, to: addresses.nextAttachment(to) }));
    return [{ kind: "move", network: to, moves }];
  }
  if (change === undefined)
    return resolveNodeAction(event, event.on === undefined ? everyone : expand(event.on, groups), file);
  const rule = resolveLink(change, document, groups);
  return [{ kind: "change", rules: [rule], text: `${describeDirections(change)}: ${describeFaults(rule.faults)}` }];
}

function resolveNodeAction(
  { insert, delete: deleted, load, unload, reload, rebind, address, grace }: EventDocument,
  hosts: readonly string[],
  file: string,
): readonly TopologyAction[] {
  if (insert !== undefined) return [{ kind: "insert", hosts, argument: insert }];
  if (deleted !== undefined) return [{ kind: "delete", hosts, argument: deleted }];
  if (load !== undefined) return [{ kind: "load", hosts, argument: locateProgram(load, file) }];
  if (unload !== undefined) return [{ kind: "unload", hosts, argument: unload }];
  if (rebind !== undefined && address !== undefined)
    return [{ kind: "rebind", hosts, argument: rebind, address, grace }];
  return reload === undefined ? [] : [{ kind: "reload", hosts, argument: "" }];
}

/** Formats the links of an event: `links between a, b`, `links from a to b`. */
function describeDirections({ between, from, to }: LinkDocument): string {
  const list = (names: HostNames = []): string => [names].flat().join(", ");
  if (between === "all") return "all links";
  return between === undefined ? `links from ${list(from)} to ${list(to)}` : `links between ${list(between)}`;
}

const PING_SECONDS = 0.1;
const DATAGRAM_BYTES = 1000;
/** Time before the end of the run at which streams and transfers without `duration` stop, so that their last packets arrive. */
const LAST_SECONDS = 1;

function resolveTraffic(
  traffic: readonly TrafficDocument[],
  runSeconds: number,
  endsByName: TrafficEndsByName,
): readonly Traffic[] {
  return traffic.map((one, number): Traffic => {
    const { kind, at, every = PING_SECONDS, rate, size = DATAGRAM_BYTES, bytes } = one;
    const [from, to] = [endsByName.get(one.from), endsByName.get(one.to)];
    const ends = {
      name: trafficName(traffic, number),
      from: from?.host ?? one.from,
      to: to?.host ?? one.to,
      named: { from: one.from, to: one.to },
      source: from?.named,
      destination: to?.address ?? "",
      at,
    };
    if (kind === "ping") return { kind, ...ends, every };
    const left = Math.max(runSeconds - at - LAST_SECONDS, (runSeconds - at) / 2);
    const seconds = one.duration ?? left;
    if (kind === "udp") return { kind, ...ends, rate: rate ?? 0, size, seconds };
    return { kind, ...ends, rate, size: bytes === undefined ? { seconds } : { bytes } };
  });
}

/** Resolves a check. It covers the traffic between the hosts that it names, by default all traffic. */
function resolveCheck(
  check: CheckDocument,
  { traffic, duration }: TopologyDocument,
  {
    groups,
    everyone,
    ends,
  }: { readonly groups: Groups; readonly everyone: readonly string[]; readonly ends: TrafficEndsByName },
): Check {
  const expectation = resolveExpectation(check, check.on === undefined ? everyone : expand(check.on, groups));
  return { at: check.at ?? duration, traffic: coveredTraffic(check, traffic, ends), expectation };
}

/** Returns the expectation of a check. The schema has verified that the check has exactly one. */
function resolveExpectation(
  {
    outage,
    lost,
    throughput,
    completes,
    path,
    reaches,
    unreachable,
    succeeds,
    query,
    rows,
    same,
    on = "",
  }: CheckDocument,
  hosts: readonly string[],
): Expectation {
  if (throughput !== undefined) return { kind: "throughput", least: throughput };
  if (completes !== undefined) return { kind: "completes", most: completes };
  if (outage !== undefined) return { kind: "outage", most: outage };
  if (lost !== undefined) return { kind: "lost", most: lost };
  if (path !== undefined) return { kind: "path", path };
  if (succeeds !== undefined) return { kind: "succeeds", on: String(on), run: succeeds };
  if (query !== undefined) {
    // A query without further conditions must have an answer.
    const [least, most] = typeof rows === "number" ? [rows, rows] : (rows ?? [same === true ? 0 : 1, Infinity]);
    return { kind: "query", query, hosts, least, most, isSame: same === true };
  }
  const [from, to] = reaches ?? unreachable ?? ["", ""];
  return { kind: "reaches", from, to, isReached: reaches !== undefined };
}

function directionsOf(crossing: Crossing, groups: Groups): readonly Direction[] {
  const [one, other] = sides(crossing).map((side) => expand(side, groups)) as [readonly string[], readonly string[]];
  const forward = one.flatMap((from) => other.filter((to) => to !== from).map((to) => ({ from, to })));
  const backward = isBidirectional(crossing) ? forward.map(({ from, to }) => ({ from: to, to: from })) : [];
  return [...forward, ...backward];
}
