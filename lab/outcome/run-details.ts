import type { Topology } from "../topology/topology.ts";
import type { FlowSecond } from "./flow-record.ts";
import type { RouteChange } from "./routes.ts";
import type { RunRecord } from "./run-record.ts";

/** Details of a run that are in `results.json`, but not in the summary. All times are in seconds since all nodes run. */
export interface RunDetails {
  /** All pings, by traffic. */
  readonly pings: readonly PingDetails[];
  /** Streams and transfers, second by second. */
  readonly flows: readonly FlowDetails[];
  /** Changes of all route tables. Null if the topology names no table. */
  readonly routes: readonly RouteChange[] | null;
  /** Starts of all hosts' nodes, with their ends. */
  readonly lives: readonly LifeDetails[];
}

interface PingDetails {
  /** Name of the traffic. */
  readonly traffic: string;
  readonly pings: readonly { readonly sequence: number; readonly t: number; readonly roundTrip: number | null }[];
}

interface FlowDetails {
  readonly traffic: string;
  readonly seconds: readonly FlowSecond[];
}

interface LifeDetails {
  readonly host: string;
  readonly start: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly isKilled: boolean;
}

export function detailsOf({ traffic }: Topology, record: RunRecord): RunDetails {
  const pings = traffic.flatMap(({ kind, name }, number) =>
    kind === "ping" ? [{ traffic: name, pings: record.pings[number]?.all ?? [] }] : [],
  );
  const flows = record.flows.flatMap((flow) =>
    flow === undefined ? [] : [{ traffic: flow.traffic.name, seconds: flow.series }],
  );
  const lives = record.lives
    .map(({ host, start, startedAt, endedAt, isKilled }) => ({ host, start, startedAt, endedAt, isKilled }))
    .sort((one, other) => one.startedAt - other.startedAt);
  return { pings, flows, routes: record.routes?.changes ?? null, lives };
}

/** Returns the details as CSV files by name, for spreadsheets. A value that is missing is an empty field. */
export function detailTables({ pings, flows, routes }: RunDetails): ReadonlyMap<string, string> {
  const tables = new Map([
    [
      "pings.csv",
      csv(
        ["traffic", "sequence", "t", "round_trip"],
        pings.flatMap((one) => one.pings.map((ping) => [one.traffic, ping.sequence, ping.t, ping.roundTrip])),
      ),
    ],
    [
      "flows.csv",
      csv(
        ["traffic", "t", "throughput", "sent", "received", "lost", "retransmitted", "delay"],
        flows.flatMap(({ traffic, seconds }) =>
          seconds.map((one) => [
            traffic,
            one.t,
            one.throughput,
            one.sent,
            one.received,
            one.lost,
            one.retransmitted,
            one.delay,
          ]),
        ),
      ),
    ],
  ]);
  if (routes !== null) {
    const rows = routes.map(({ t, host, to, next, cost }) => [t, host, to, next, cost]);
    tables.set("routes.csv", csv(["t", "host", "to", "next", "cost"], rows));
  }
  return tables;
}

/** Formats rows as CSV of RFC 4180, with a header. */
export function csv(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  return [header, ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}

function field(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
