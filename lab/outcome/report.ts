import { formatDuration } from "../topology/duration.ts";
import { describeAction } from "./timeline-events.ts";
import type { Outage } from "./ping-record.ts";
import type { Route } from "./routes.ts";
import type { RunRecord } from "./run-record.ts";
import type { Topology } from "../topology/topology.ts";

/** Summary of a run as a JSON object. Times are in seconds; null stands for an outage that did not end. */
export interface RunSummary {
  readonly title: string;
  readonly nodes: number;
  readonly seconds: number;
  readonly traffic: readonly TrafficSummary[];
  /** Links whose queue was full, with the number of dropped packets. */
  readonly fullQueues: readonly FullQueue[];
}

export interface FullQueue {
  readonly from: string;
  readonly to: string;
  readonly dropped: number;
}

export interface TrafficSummary {
  readonly from: string;
  readonly to: string;
  readonly sent: number;
  readonly lost: number;
  /** Round-trip times in seconds. Null if no request was answered. */
  readonly median: number | null;
  readonly worst: number | null;
  readonly events: readonly EventSummary[];
}

export interface EventSummary {
  readonly t: number;
  readonly event: string;
  readonly outage: number | null;
  readonly lost: number;
}

export function summarize(topology: Topology, record: RunRecord): RunSummary {
  const { title, hosts, duration } = topology;
  const traffic = topology.traffic.map((_, number) => summarizeTraffic(topology, record, number));
  const fullQueues = record.fullQueues.map(({ from, to, dropped }) => ({ from, to, dropped }));
  return { title, nodes: hosts.length, seconds: duration, traffic, fullQueues };
}

function summarizeTraffic({ traffic }: Topology, record: RunRecord, number: number): TrafficSummary {
  const { from, to } = traffic[number] ?? { from: "", to: "" };
  const pings = record.pings[number];
  const times = pings?.roundTrips ?? [];
  const outages = record.outages(number);
  return {
    from,
    to,
    sent: pings?.sent ?? 0,
    lost: pings?.lost ?? 0,
    median: times[Math.floor(times.length / 2)] ?? null,
    worst: times.at(-1) ?? null,
    events: record.actions.map(({ at, action }, index) => summarizeEvent(at, describeAction(action), outages[index])),
  };
}

function summarizeEvent(at: number, event: string, outage: Outage | undefined): EventSummary {
  const seconds = outage?.seconds ?? 0;
  return { t: at, event, outage: Number.isFinite(seconds) ? seconds : null, lost: outage?.lost ?? 0 };
}

/** Formats a summary for people, one line per entry. */
export function summaryLines({ traffic, fullQueues }: RunSummary): readonly string[] {
  const pings = traffic.flatMap((one) => [
    `${one.from} to ${one.to}: ${one.sent} pings, ${one.lost} lost${roundTrips(one)}`,
    ...one.events.map((event) => `  ${event.t.toFixed(1)} s  ${event.event}: ${outageText(event)}`),
  ]);
  const full = fullQueues.map(
    ({ from, to, dropped }) =>
      `link ${from}→${to}: its queue was full, ${dropped} packets dropped; senders exceeded its rate`,
  );
  return [...pings, ...full];
}

function roundTrips({ median, worst }: TrafficSummary): string {
  if (median === null || worst === null) return "";
  return `; round trip ${formatDuration(median)} median, ${formatDuration(worst)} worst`;
}

function outageText({ outage, lost }: EventSummary): string {
  if (outage === null) return `no ping was answered afterwards, ${lost} lost`;
  return outage === 0 ? "no outage" : `an outage of ${formatDuration(outage)}, ${lost} lost`;
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

/** Names a column. Two events are usually a failure and its repair, so three columns are before, during and after. */
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
