/** The metrics snapshot of a node, collected from the counters of its parts when `top`, `/metrics` or a client asks. */
import type { Engine } from "../engine/engine.ts";
import { limitName, type Limits } from "../engine/limits/limits.ts";
import type {
  CollisionMetrics,
  Counts,
  LinkMetrics,
  MetricsSnapshot,
  TrafficMetrics,
  QueueMetrics,
  RuleMetrics,
  StreamMetrics,
  TableMetrics,
  DeviceMetrics,
  UdpMetrics,
} from "../observe/metrics-snapshot.ts";
import type { DatagramSockets } from "../socket/datagram-sockets.ts";
import type { Sockets } from "../socket/sockets.ts";
import type { Plan } from "../plan/contract/plan.ts";
import { reassemblyLimits } from "../wire/reassembly.ts";
import type { Datagrams, SendQueue, Device, World } from "../world/world.ts";
import type { NodeDataflow } from "./dataflow.ts";
import { peerMetrics } from "./peer-metrics.ts";

/** The parts of a node that have counters. Nothing is summed up before somebody asks. */
export interface MetricsSources {
  readonly name: string;
  readonly uptime: number;
  readonly plan: Plan;
  readonly world: World;
  readonly limits: Limits;
  readonly engine: Engine;
  readonly dataflow: NodeDataflow;
  readonly collisions: readonly CollisionMetrics[];
  /** Number of periodic timers that are running. */
  readonly timers: number;
  /** Lines that wait for the readers of stdout and stderr. */
  readonly outputQueues: readonly QueueMetrics[];
}

export function collectMetrics(parts: MetricsSources): MetricsSnapshot {
  const { name, uptime, world, engine, dataflow } = parts;
  const { steps, rounds, stopped } = engine.counters;
  const { conflicts, evicted, expired, failedAggregates } = engine.store.tally;
  return {
    node: name,
    uptime,
    steps: { steps, rounds, stopped, conflicts, evicted, expired, failedAggregates },
    refused: engine.refused.all.map((each) => ({ ...each, limit: limitName(each.limit) })),
    collisions: parts.collisions,
    memory: { used: engine.memory.total, limit: finite(engine.memory.limit) },
    ways: { ...dataflow.demux.ways },
    ...collectTrafficMetrics(dataflow, world),
    rules: ruleMetrics(parts),
    peers: peerMetrics(parts),
    tables: tableMetrics(engine),
    queues: queueMetrics(parts),
    streams: dataflow.hasStreams ? streamMetrics(dataflow.ports.tcp.sockets) : null,
    udp: dataflow.hasUdp ? udpMetrics(dataflow.ports.udpRx.sockets) : null,
    links: linkMetrics(world),
    eventLoop: world.eventLoop?.delay() ?? null,
  };
}

/** Collects the part of the metrics that is cheap enough to read every second. */
export function collectTrafficMetrics(
  { elements, ports }: NodeDataflow,
  { datagrams, devices, flowCache, host }: World,
): TrafficMetrics {
  const ofDevices = devices.map((device) => deviceMetrics(device, ports.unrouted.of(device.name)));
  return {
    elements: elements.map(({ spec: { name }, label = "", counters }) => {
      return { element: name, label, in: counters.in, out: counters.out, dropped: countsOf(counters.dropped) };
    }),
    network: networkMetrics(datagrams, host),
    paths: { ...ports.paths.counters },
    tun: ofDevices.find(({ kind }) => kind === "tun") ?? null,
    devices: ofDevices,
    unknownDevices: sumOfCounts([ports.tunTx, ports.tapTx].map(({ unknownDevices }) => unknownDevices.counts)),
    flowCache: flowCache?.hits ?? null,
  };
}

function linkMetrics({ linkFigures }: World): LinkMetrics | null {
  const figures = linkFigures?.();
  return figures === undefined ? null : { ...figures, refused: countsOf(figures.refused) };
}

/** Sums the counters of strands by rule, since a rule may have several strands. */
function ruleMetrics({ plan, engine }: MetricsSources): readonly RuleMetrics[] {
  const rules = new Map<string, RuleMetrics>();
  const { fired, derived, failed, limited, seconds } = engine.counters;
  for (const { id, origin } of plan.strands) {
    const key = `${origin.rule} ${origin.file} ${origin.line}`;
    const { rule, file, line } = origin;
    const sum = rules.get(key) ?? { rule, file, line, firings: 0, derived: 0, failed: 0, limited: 0, seconds: 0 };
    rules.set(key, {
      ...sum,
      firings: sum.firings + (fired[id] ?? 0),
      derived: sum.derived + (derived[id] ?? 0),
      failed: sum.failed + (failed[id] ?? 0),
      limited: sum.limited + (limited[id] ?? 0),
      seconds: sum.seconds + (seconds[id] ?? 0),
    });
  }
  return [...rules.values()];
}

function tableMetrics({ tables }: Engine): readonly TableMetrics[] {
  return tables.flatMap((table) => {
    if (table === undefined) return [];
    const { predicate, count, spec } = table;
    return [{ table: predicate.name, rows: count, limit: finite(spec.size), lifetime: finite(spec.lifetime) }];
  });
}

function queueMetrics({
  plan,
  dataflow,
  limits,
  world,
  timers,
  outputQueues,
}: MetricsSources): readonly QueueMetrics[] {
  const { mux, networkIn } = dataflow.ports;
  const { usage, evicted } = networkIn.reassembly;
  const { datagrams, capture } = world;
  const full = mux.counters.dropped.get("queue full") ?? 0;
  const tooLarge = mux.counters.dropped.get("queue too large") ?? 0;
  const pieces = reassemblyLimits.messages;
  const refused = datagrams.counters.failed.get("ENOBUFS") ?? 0;
  return [
    { queue: "steps", length: mux.length, limit: finite(limits.queued), unit: "inputs", dropped: full },
    { queue: "step bytes", length: mux.bytes, limit: finite(limits.queuedBytes), unit: "bytes", dropped: tooLarge },
    { queue: "fragments", length: usage.messages, limit: pieces, unit: "messages", dropped: evicted },
    { queue: "timers", length: timers, limit: plan.timers.length, unit: "timers", dropped: 0 },
    ...(dataflow.channel === undefined ? [] : [channelQueue(dataflow.channel.paced.length)]),
    ...(dataflow.hasStreams ? socketQueues(dataflow.ports.tcp.sockets) : []),
    ...(dataflow.hasUdp ? [udpQueue(dataflow.ports.udpRx.sockets)] : []),
    ...(datagrams.queue === undefined ? [] : [byteQueue("send", { ...sizes(datagrams.queue), dropped: refused })]),
    ...outputQueues,
    ...(capture === undefined ? [] : [byteQueue("capture", { ...sizes(capture), dropped: capture.dropped })]),
  ];
}

/** Rows for another name of this node that wait because they exceed the send rate. */
function channelQueue(length: number): QueueMetrics {
  return { queue: "channel rows", length, limit: null, unit: "rows", dropped: 0 };
}

function socketQueues({ count, limits, counters, budget }: Sockets): readonly QueueMetrics[] {
  const waiting = { length: budget.used, limit: budget.limit, dropped: budget.refused };
  return [
    { queue: "sockets", length: count, limit: limits.sockets, unit: "sockets", dropped: counters.turnedAway },
    byteQueue("socket bytes", waiting),
  ];
}

function udpQueue({ count, limit, counters }: DatagramSockets): QueueMetrics {
  const dropped = counters.failed.get("open no room") ?? 0;
  return { queue: "udp sockets", length: count, limit, unit: "sockets", dropped };
}

function udpMetrics({ count, counters, traffic }: DatagramSockets): UdpMetrics {
  const { opened, closed } = counters;
  const { failed, ...datagrams } = traffic;
  return { sockets: count, opened, closed, ...datagrams, failed: countsOf(counters.failed), unsent: countsOf(failed) };
}

function streamMetrics({ count, counters }: Sockets): StreamMetrics {
  const { accepted, connected, closed, readBytes, writtenBytes } = counters;
  const failed = countsOf(counters.failed);
  return { sockets: count, accepted, connected, closed, readBytes, writtenBytes, failed };
}

function byteQueue(queue: string, counts: Pick<QueueMetrics, "length" | "limit" | "dropped">): QueueMetrics {
  return { queue, unit: "bytes", ...counts };
}

function sizes({ length, limit }: SendQueue): SendQueue {
  return { length, limit };
}

function networkMetrics(
  { address, counters, offload, readCycles }: Datagrams,
  host: World["host"],
): MetricsSnapshot["network"] {
  const problem = host?.problem(address);
  const metrics = {
    ...counters,
    failed: countsOf(counters.failed),
    ...(problem !== undefined && { problem }),
    ...(readCycles !== undefined && { readCycles }),
  };
  return offload === undefined
    ? metrics
    : { ...metrics, offload: { ...offload, refusals: countsOf(offload.refusals) } };
}

function deviceMetrics(device: Device, unrouted: ReadonlyMap<string, number>): DeviceMetrics {
  const { kind, name, mtu, counters, offload, readCycles } = device;
  const problem = device.problem?.();
  const metrics = { kind, name, mtu, ...counters, refused: countsOf(counters.refused), unrouted: countsOf(unrouted) };
  return {
    ...metrics,
    ...(problem !== undefined && { problem }),
    ...(offload !== undefined && { offload }),
    ...(readCycles !== undefined && { readCycles }),
  };
}

function countsOf(counts: ReadonlyMap<string, number>): Counts {
  return Object.fromEntries(counts);
}

function sumOfCounts(all: readonly ReadonlyMap<string, number>[]): Counts {
  const sums = new Map<string, number>();
  for (const counts of all) for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
  return countsOf(sums);
}

function finite(number: number): number | null {
  return Number.isFinite(number) ? number : null;
}
