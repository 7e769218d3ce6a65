import { countOf } from "../../runtime/plan/values/count-of.ts";
import { formatBytes } from "../topology/byte-count.ts";
import { formatDuration } from "../topology/duration.ts";
import { formatRate } from "../topology/rate.ts";
import type { FlowRecord } from "./flow-record.ts";
import { type PercentileSummary, percentilesOf } from "./percentiles.ts";
import type { NodeProblem } from "./inspection.ts";
import { describeAction } from "./timeline-events.ts";
import type { Outage } from "./ping-record.ts";
import type { Route } from "./routes.ts";
import type { HostLife, RunRecord } from "./run-record.ts";
import type { Topology, Traffic } from "../topology/topology.ts";

/** Summary of a run as a JSON object. Times are in seconds; null stands for an outage that did not end. */
export interface RunSummary {
  readonly title: string;
  readonly nodes: number;
  readonly seconds: number;
  readonly traffic: readonly TrafficSummary[];
  /** Links whose queue was full, with the number of dropped packets. */
  readonly fullQueues: readonly FullQueue[];
  /** Problems of all nodes, by host and life. */
  readonly problems: readonly ProblemSummary[];
}

export interface ProblemSummary extends NodeProblem {
  readonly host: string;
  /** Number of the start of the host's node. */
  readonly start: number;
  readonly t: number;
}

export interface FullQueue {
  readonly from: string;
  readonly to: string;
  readonly dropped: number;
}

export type TrafficSummary = PingSummary | FlowSummary;

interface TrafficHead {
  readonly kind: Traffic["kind"];
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export interface PingSummary extends TrafficHead {
  readonly kind: "ping";
  readonly sent: number;
  readonly lost: number;
  /** Round-trip times in seconds. Null if no request was answered. */
  readonly median: number | null;
  readonly worst: number | null;
  readonly roundTrip: PercentileSummary | null;
  readonly events: readonly EventSummary[];
}

export interface FlowSummary extends TrafficHead {
  readonly kind: "udp" | "tcp";
  /** Datagrams or segments. */
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly retransmitted: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Bits per second. */
  readonly throughput: number;
  /** Start of the flow, or null if it did not start. */
  readonly startedAt: number | null;
  /** Seconds until the receiver had all bytes. Null for a stream, and for a transfer that is not complete. */
  readonly completion: number | null;
  /** One-way delays of a stream, round-trip times of a transfer. */
  readonly delay: PercentileSummary | null;
  readonly failure: string | null;
}

export interface EventSummary {
  readonly t: number;
  readonly event: string;
  /** Whether the event changed anything. */
  readonly effect: boolean;
  readonly outage: number | null;
  readonly lost: number;
}

export function summarize(topology: Topology, record: RunRecord): RunSummary {
  const { title, hosts, duration } = topology;
  const traffic = topology.traffic.map((_, number) => summarizeTraffic(topology, record, number));
  const fullQueues = record.fullQueues.map(({ from, to, dropped }) => ({ from, to, dropped }));
  const problems = hosts.flatMap(({ name }) => record.lives.filter(({ host }) => host === name).flatMap(problemsOf));
  return { title, nodes: hosts.length, seconds: duration, traffic, fullQueues, problems };
}

function problemsOf({ host, start, endedAt, problems }: HostLife): readonly ProblemSummary[] {
  return problems.map(({ subject, text }) => ({ host, start, t: endedAt, subject, text }));
}

function summarizeTraffic({ traffic, duration }: Topology, record: RunRecord, number: number): TrafficSummary {
  const flow = record.flows[number];
  if (flow !== undefined) return summarizeFlow(flow, duration);
  const { name, from, to } = traffic[number] ?? { name: "", from: "", to: "" };
  const pings = record.pings[number];
  const times = pings?.roundTrips ?? [];
  const outages = record.outages(number);
  return {
    kind: "ping",
    name,
    from,
    to,
    sent: pings?.sent ?? 0,
    lost: pings?.lost ?? 0,
    median: times[Math.floor(times.length / 2)] ?? null,
    worst: times.at(-1) ?? null,
    roundTrip: percentilesOf(times),
    events: record.actions.map((action, index) => summarizeEvent(action, outages[index])),
  };
}

function summarizeFlow(flow: FlowRecord, end: number): FlowSummary {
  const { kind, name, from, to } = flow.traffic;
  const { sent, received, lost, retransmitted, sentBytes, receivedBytes } = flow;
  return {
    kind,
    name,
    from,
    to,
    sent,
    received,
    lost,
    retransmitted,
    sentBytes,
    receivedBytes,
    throughput: flow.throughput(end),
    startedAt: flow.startedAt ?? null,
    completion: kind === "tcp" ? (flow.completion ?? null) : null,
    delay: flow.delays,
    failure: flow.failure ?? null,
  };
}

function summarizeEvent(action: RunRecord["actions"][number], outage: Outage | undefined): EventSummary {
  const { at: t, hasEffect: effect } = action;
  const seconds = outage?.seconds ?? 0;
  return {
    t,
    event: describeAction(action),
    effect,
    outage: Number.isFinite(seconds) ? seconds : null,
    lost: outage?.lost ?? 0,
  };
}

/** Formats a summary for people, one line per entry. */
export function summaryLines({ traffic, fullQueues }: RunSummary): readonly string[] {
  const lines = traffic.flatMap((one) => (one.kind === "ping" ? pingLines(one) : [flowLine(one)]));
  const full = fullQueues.map(
    ({ from, to, dropped }) =>
      `link ${from}→${to}: its queue was full, ${countOf(dropped, "packet")} dropped; senders exceeded its rate`,
  );
  return [...lines, ...full];
}

function pingLines(one: PingSummary): readonly string[] {
  return [
    `${one.name}: ${countOf(one.sent, "ping")}, ${one.lost} lost${roundTrips(one)}`,
    ...one.events.map((event) => `  ${event.t.toFixed(1)} s  ${event.event}: ${outageText(event)}`),
  ];
}

function flowLine(one: FlowSummary): string {
  const { kind, name, sent, lost, retransmitted, receivedBytes, throughput, completion, delay, failure } = one;
  if (failure !== null) return `${name}: failed: ${failure}`;
  const amount = `${formatBytes(receivedBytes)} received, ${formatRate(throughput)}`;
  const times =
    delay === null ? "" : `${formatDuration(delay.p50)} median, ${formatDuration(delay.p99)} 99th percentile`;
  if (kind === "udp")
    return `${name}: ${amount}; ${lost} of ${countOf(sent, "datagram")} lost${times === "" ? "" : `; delay ${times}`}`;
  const end = completion === null ? "not complete" : `complete after ${formatDuration(completion)}`;
  const again = `${retransmitted} of ${countOf(sent, "segment")} sent again`;
  return `${name}: ${amount}; ${end}; ${again}${times === "" ? "" : `; round trip ${times}`}`;
}

function roundTrips({ median, worst }: PingSummary): string {
  if (median === null || worst === null) return "";
  return `; round trip ${formatDuration(median)} median, ${formatDuration(worst)} worst`;
}

function outageText({ effect, outage, lost }: EventSummary): string {
  if (!effect) return "no effect";
  if (outage === null) return `no ping was answered afterwards, ${lost} lost`;
  return outage === 0 ? "no outage" : `an outage of ${formatDuration(outage)}, ${lost} lost`;
}

/** Number of problems that the text lists. `results.json` has all of them. */
const PROBLEM_LINES_MAX = 20;

/**
 * Formats the problems of all nodes, one line each. A problem after the second or a later start of a node is listed with the number of the
 * start.
 */
export function problemLines({ problems }: RunSummary): readonly string[] {
  const lines = problems
    .slice(0, PROBLEM_LINES_MAX)
    .map(({ host, start, text }) => `  ${host}${start === 1 ? "" : ` (start ${start})`}: ${text}`);
  const more = problems.length - lines.length;
  return more === 0 ? lines : [...lines, `  and ${more} more`];
}

/** Formats the route snapshots as a table: a row per destination, a column per event and one for the end. */
export function routeLines({ snapshots }: RunRecord): readonly string[] {
  const destinations = [...new Set(snapshots.flatMap(({ routes }) => routes.map((route) => route.to)))].sort();
  const rows = destinations.map((to) => [
    to,
    ...snapshots.map(({ routes }) => routeText(routes.find((route) => route.to === to))),
  ]);
  return align([["to", ...snapshots.map(({ at }, index) => columnName(at, index, snapshots.length))], ...rows]);
}

/** Names a column. Three columns are called before, during and after, because two events are usually a failure and its repair. */
function columnName(at: number, index: number, count: number): string {
  return (count === 3 ? ["before", "during", "after"][index] : undefined) ?? `until ${at.toFixed(1)} s`;
}

function routeText(route: Route | undefined): string {
  if (route === undefined) return "–";
  const hop = route.next === route.to ? "direct" : `via ${route.next}`;
  if (route.cost === undefined) return hop;
  return `${hop} ${Number.isFinite(route.cost) ? route.cost.toPrecision(3) : "∞"}`;
}

function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
}
