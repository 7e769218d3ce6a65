import { formatDuration } from "../topology/duration.ts";
import type { Check, Expectation, Topology } from "../topology/topology.ts";
import type { Outage, PingRecord } from "./ping-record.ts";
import { formatPath, type Routes } from "./routes.ts";

/** Result of a check. `holds` is undefined if this kind of run cannot evaluate the check. */
export interface CheckResult {
  readonly at: number;
  readonly expectation: string;
  readonly holds: boolean | undefined;
  /** Observed value, for people. */
  readonly observed: string;
}

/** Observations of a run so far, as `RunRecord` keeps them. */
interface Evidence {
  readonly pings: readonly PingRecord[];
  readonly routes: Routes | undefined;
  outages(traffic: number): readonly Outage[];
}

/** Window of `reaches`: requests sent in the last second, except for the latest, whose replies may be in flight. */
const RECENT_SECONDS = 1;
const IN_FLIGHT_SECONDS = 0.2;

/** Evaluates a check against the observations so far. For a command it returns no verdict: `RunRecord` adds it in the kernel lab. */
export function evaluateCheck({ at, traffic, expectation }: Check, topology: Topology, record: Evidence): CheckResult {
  const result = (holds: boolean | undefined, observed: string): CheckResult => ({
    at,
    expectation: describeExpectation(expectation),
    holds,
    observed,
  });
  switch (expectation.kind) {
    case "outage": {
      const outages = traffic.flatMap((number) => record.outages(number).map(({ seconds }) => seconds));
      const worst = outages.reduce((most, outage) => Math.max(most, outage), 0);
      return result(worst <= expectation.most, worst === 0 ? "none" : formatDuration(worst));
    }
    case "lost": {
      const pings = traffic.map((number) => record.pings[number]);
      const sent = pings.reduce((sum, one) => sum + (one?.sent ?? 0), 0);
      const lost = pings.reduce((sum, one) => sum + (one?.lost ?? 0), 0);
      const holds =
        "pings" in expectation.most ? lost <= expectation.most.pings : lost <= expectation.most.share * sent;
      return result(sent > 0 && holds, `${lost} of ${sent}`);
    }
    case "path": {
      const path = record.routes?.path(expectation.path[0] ?? "", expectation.path.at(-1) ?? "");
      const expected = formatPath(expectation.path);
      return result(
        path !== undefined && formatPath(path) === expected,
        path === undefined ? "no path" : formatPath(path),
      );
    }
    case "reaches": {
      const [recent, answered] = traffic
        .map(
          (number) =>
            record.pings[number]?.between(at - RECENT_SECONDS - IN_FLIGHT_SECONDS, at - IN_FLIGHT_SECONDS) ?? {
              sent: 0,
              answered: 0,
            },
        )
        .reduce((sums, one) => [sums[0] + one.sent, sums[1] + one.answered], [0, 0]);
      const holds = expectation.isReached ? answered > 0 : recent > 0 && answered === 0;
      return result(holds, `${answered} of the last ${recent} pings answered`);
    }
    case "succeeds":
      return result(undefined, "the simulator runs no commands");
    default:
      return expectation satisfies never;
  }
}

function describeExpectation(expectation: Expectation): string {
  switch (expectation.kind) {
    case "outage":
      return `no outage longer than ${formatDuration(expectation.most)}`;
    case "lost":
      return "pings" in expectation.most
        ? `at most ${expectation.most.pings} pings lost`
        : `at most ${expectation.most.share * 100} % lost`;
    case "path":
      return `path ${formatPath(expectation.path)}`;
    case "reaches":
      return `${expectation.from} ${expectation.isReached ? "reaches" : "does not reach"} ${expectation.to}`;
    case "succeeds":
      return `${expectation.on}$ ${expectation.run}`;
    default:
      return expectation satisfies never;
  }
}

/** Formats the results of checks for people, one line each. */
export function checkLines(results: readonly CheckResult[]): readonly string[] {
  return results.map(({ at, expectation, holds, observed }) => {
    const verdict = holds === undefined ? "–" : holds ? "holds" : "FAILS";
    return `  ${at.toFixed(1)} s  ${verdict.padEnd(5)}  ${expectation}: ${observed}`;
  });
}
