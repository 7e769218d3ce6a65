import type { FlowRecord } from "../outcome/flow-record.ts";
import type { InterfaceRecord } from "../outcome/interface-record.ts";
import type { RunRecord } from "../outcome/run-record.ts";
import { describeAction } from "../outcome/timeline-events.ts";
import type { Plot, PlotContent, ThroughputSource, Topology } from "../topology/topology.ts";
import type { Figure, Mark, Point, Series } from "./figure.ts";

/** Returns the figures of a topology's plots after its run. */
export function figuresOf(topology: Topology, record: RunRecord): readonly Figure[] {
  return topology.plots.map((plot, number) => figureOf(plot, number, topology, record));
}

function figureOf({ name, title, content }: Plot, number: number, topology: Topology, record: RunRecord): Figure {
  const { duration } = topology;
  return { name, title, kind: content.kind, duration, series: seriesOf(content, number, topology, record) };
}

function seriesOf(content: PlotContent, plot: number, topology: Topology, record: RunRecord): readonly Series[] {
  switch (content.kind) {
    case "throughput":
      return content.sources.flatMap((source) => throughputSeries(source, topology, record));
    case "rtt":
      return content.traffic.map((number) => rttSeries(number, topology, record));
    case "path": {
      const points = record.paths[plot]?.changes.map(({ t, path }) => ({ t, value: path })) ?? [];
      return [{ name: `${content.from} to ${content.to}`, points }];
    }
  }
}

function throughputSeries(source: ThroughputSource, topology: Topology, record: RunRecord): readonly Series[] {
  const { duration, traffic } = topology;
  if (typeof source === "number")
    return [{ name: traffic[source]?.name ?? "", points: flowPoints(record.flows[source], duration) }];
  const { host, device } = source;
  const name = device === undefined ? host : `${host}/${device}`;
  const known = record.interfaceOf(host, device);
  return [
    { name: `${name} received`, points: interfacePoints(known, "received") },
    { name: `${name} sent`, points: interfacePoints(known, "sent") },
  ];
}

/** Returns the throughput in each second of the run. It is 0 before the start of the flow and after its end. */
function flowPoints(flow: FlowRecord | undefined, duration: number): readonly Point[] {
  const known = new Map(flow?.series.map(({ t, throughput }) => [t, throughput]));
  return Array.from({ length: Math.ceil(duration) }, (_, t) => ({ t, value: known.get(t) ?? 0 }));
}

function interfacePoints(known: InterfaceRecord | undefined, direction: "received" | "sent"): readonly Point[] {
  return known?.series.map((second) => ({ t: second.t, value: second[direction] })) ?? [];
}

/** Returns the round-trip time of each ping, or the mean of each second of a transfer. */
function rttSeries(number: number, { traffic }: Topology, record: RunRecord): Series {
  const pings = record.pings[number]?.all.map(({ t, roundTrip }) => ({ t, value: roundTrip })) ?? [];
  const seconds = record.flows[number]?.series.map(({ t, delay }) => ({ t, value: delay }));
  return { name: traffic[number]?.name ?? "", points: seconds ?? pings };
}

/** Returns the events of a run that had an effect, in the order of time. */
export function marksOf({ actions }: RunRecord): readonly Mark[] {
  return actions.filter(({ hasEffect }) => hasEffect).map((action) => ({ t: action.at, text: describeAction(action) }));
}
