import type { FlowSummary, PingSummary, RunSummary } from "./report.ts";

export type FigureUnit = "share" | "s" | "bit/s" | "segments" | "bytes";

/** One number that a run measured. */
export interface Figure {
  /** Name of the traffic. Empty for a figure of the whole run. */
  readonly traffic: string;
  readonly name: string;
  readonly unit: FigureUnit;
  /** Infinity for an outage or a transfer that did not end, and for a delay or a round trip that was never measured. */
  readonly value: number;
}

/** Returns the figures of a run that are worth comparing between runs. Equal topologies give equal lists of names. */
export function figuresOf({ traffic }: RunSummary, deliveredBytes: number): readonly Figure[] {
  const ofTraffic = traffic.flatMap((one) => (one.kind === "ping" ? pingFigures(one) : flowFigures(one)));
  return [...ofTraffic, { traffic: "", name: "bytes between nodes", unit: "bytes", value: deliveredBytes }];
}

function pingFigures({ name: traffic, sent, lost, roundTrip, events }: PingSummary): readonly Figure[] {
  const outages = events.map(({ outage }) => outage ?? Infinity);
  const worst = outages.reduce((most, one) => Math.max(most, one), 0);
  return [
    { traffic, name: "lost", unit: "share", value: sent === 0 ? 0 : lost / sent },
    { traffic, name: "round trip, median", unit: "s", value: roundTrip?.p50 ?? Infinity },
    { traffic, name: "round trip, 99th percentile", unit: "s", value: roundTrip?.p99 ?? Infinity },
    ...(events.length === 0 ? [] : [{ traffic, name: "longest outage", unit: "s" as const, value: worst }]),
  ];
}

function flowFigures(flow: FlowSummary): readonly Figure[] {
  const { kind, name: traffic, sent, lost, throughput, completion, retransmitted, delay } = flow;
  const rate: Figure = { traffic, name: "throughput", unit: "bit/s", value: throughput };
  if (kind === "udp")
    return [
      rate,
      { traffic, name: "lost", unit: "share", value: sent === 0 ? 0 : lost / sent },
      { traffic, name: "delay, median", unit: "s", value: delay?.p50 ?? Infinity },
      { traffic, name: "delay, 99th percentile", unit: "s", value: delay?.p99 ?? Infinity },
    ];
  return [
    rate,
    { traffic, name: "completion", unit: "s", value: completion ?? Infinity },
    { traffic, name: "sent again", unit: "segments", value: retransmitted },
    { traffic, name: "round trip, median", unit: "s", value: delay?.p50 ?? Infinity },
  ];
}
