import { formatDuration } from "../topology/duration.ts";
import type { Check, Demand, Topology } from "../topology/topology.ts";
import type { Outage, PingRecord } from "./ping-record.ts";
import { formatPath, type Routes } from "./routes.ts";

/** Whether a check holds; `undefined` is for one that this kind of run cannot make. */
export interface CheckResult {
  readonly at: number;
  readonly demand: string;
  readonly holds: boolean | undefined;
  /** What was seen. */
  readonly found: string;
}

/** What a run has shown up to some moment. */
interface Evidence {
  readonly pings: readonly PingRecord[];
  readonly routes: Routes | undefined;
  outages(traffic: number): readonly Outage[];
}

/** A request counts for `reaches` when it was sent in the last so many seconds; but the very last may be under way. */
const LATELY = 1;
const UNDER_WAY = 0.2;

/** Holds a check against what a run has shown up to its time. Commands are not of its making. */
export function judge({ at, traffic, demand }: Check, topology: Topology, record: Evidence): CheckResult {
  const result = (holds: boolean | undefined, found: string): CheckResult => ({
    at,
    demand: describeDemand(demand),
    holds,
    found,
  });
  switch (demand.kind) {
    case "outage": {
      const outages = traffic.flatMap((number) => record.outages(number).map(({ seconds }) => seconds));
      const worst = Math.max(0, ...outages);
      return result(worst <= demand.most, worst === 0 ? "none" : formatDuration(worst));
    }
    case "lost": {
      const pings = traffic.map((number) => record.pings[number]);
      const sent = pings.reduce((sum, one) => sum + (one?.sent ?? 0), 0);
      const lost = pings.reduce((sum, one) => sum + (one?.lost ?? 0), 0);
      const holds = "pings" in demand.most ? lost <= demand.most.pings : lost <= demand.most.share * sent;
      return result(sent > 0 && holds, `${lost} of ${sent}`);
    }
    case "path": {
      const path = record.routes?.path(demand.path[0] ?? "", demand.path.at(-1) ?? "");
      const wanted = formatPath(demand.path);
      return result(
        path !== undefined && formatPath(path) === wanted,
        path === undefined ? "no path" : formatPath(path),
      );
    }
    case "reaches": {
      const [lately, answered] = traffic
        .map(
          (number) =>
            record.pings[number]?.between(at - LATELY - UNDER_WAY, at - UNDER_WAY) ?? { sent: 0, answered: 0 },
        )
        .reduce(([sent, got], one) => [sent + one.sent, got + one.answered], [0, 0]);
      const holds = demand.isReached ? answered > 0 : lately > 0 && answered === 0;
      return result(holds, `${answered} of the last ${lately} pings answered`);
    }
    case "succeeds":
      return result(undefined, "the simulator runs no commands");
    default:
      return demand satisfies never;
  }
}

function describeDemand(demand: Demand): string {
  switch (demand.kind) {
    case "outage":
      return `no outage longer than ${formatDuration(demand.most)}`;
    case "lost":
      return "pings" in demand.most
        ? `at most ${demand.most.pings} pings lost`
        : `at most ${demand.most.share * 100} % lost`;
    case "path":
      return `path ${formatPath(demand.path)}`;
    case "reaches":
      return `${demand.from} ${demand.isReached ? "reaches" : "does not reach"} ${demand.to}`;
    case "succeeds":
      return `${demand.on}$ ${demand.run}`;
    default:
      return demand satisfies never;
  }
}

/** The checks for people, a line each. */
export function checkLines(results: readonly CheckResult[]): readonly string[] {
  return results.map(({ at, demand, holds, found }) => {
    const verdict = holds === undefined ? "–" : holds ? "holds" : "FAILS";
    return `  ${at.toFixed(1)} s  ${verdict.padEnd(5)}  ${demand}: ${found}`;
  });
}
