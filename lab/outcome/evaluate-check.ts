import { countOf } from "../../runtime/plan/values/count-of.ts";
import { formatDuration } from "../topology/duration.ts";
import type { Check, Expectation, Topology } from "../topology/topology.ts";
import { formatRate } from "../topology/rate.ts";
import type { AllowedLoss } from "../topology/topology-document.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { PingRecord } from "./ping-record.ts";
import type { QueryAnswer } from "./query-answer.ts";
import { describeQuery, queryVerdict } from "./query-verdict.ts";
import { formatPath, type Routes } from "./routes.ts";

/** Result of a check. `holds` is undefined if this kind of run cannot evaluate the check. */
export interface CheckResult {
  readonly at: number;
  readonly expectation: string;
  readonly holds: boolean | undefined;
  /** Observed value, for people, with the names of the traffic that failed the check. */
  readonly observed: string;
  /** Names of the traffic that the check covers. */
  readonly traffic: readonly string[];
  /** Names of the traffic for which the check does not hold. */
  readonly failed: readonly string[];
  /** Answers of the hosts to the query of the check. */
  readonly answers?: readonly QueryAnswer[];
}

/** Observations of a run so far, as `RunRecord` keeps them. */
interface Evidence {
  readonly pings: readonly PingRecord[];
  readonly flows: readonly (FlowRecord | undefined)[];
  readonly routes: Routes | undefined;
  /** Seconds of the longest outage of a traffic since the first event. */
  longestOutage(traffic: number): number;
}

/**
 * Window of `reaches`: requests sent during RECENT_SECONDS, which end IN_FLIGHT_SECONDS before the check: replies to later requests may
 * still be in flight.
 */
const RECENT_SECONDS = 1;
const IN_FLIGHT_SECONDS = 0.2;

/**
 * Evaluates a check against the observations so far, and the answers of hosts to its query. For a check of a command, `holds` is undefined:
 * in the kernel lab `RunRecord` adds the verdict.
 */
export function evaluateCheck(
  check: Check,
  topology: Topology,
  record: Evidence,
  answers?: readonly QueryAnswer[],
): CheckResult {
  const { at, expectation } = check;
  const traffic = check.traffic.map((number) => topology.traffic[number]?.name ?? "");
  const { holds, observed, failed = [] } = verdictOf(check, record, answers);
  const names = failed.map((number) => topology.traffic[number]?.name ?? "");
  // The text of a `reaches` expectation already names the hosts.
  const which = holds === false && names.length > 0 && expectation.kind !== "reaches" ? ` (${listOf(names)})` : "";
  const text = describeExpectation(expectation, unitOf(check, topology));
  const result = { at, expectation: text, holds, observed: `${observed}${which}`, traffic, failed: names };
  return answers === undefined ? result : { ...result, answers };
}

interface Verdict {
  readonly holds: boolean | undefined;
  readonly observed: string;
  /** Indexes of the traffic for which the expectation does not hold. */
  readonly failed?: readonly number[];
}

function verdictOf(
  { at, traffic, expectation }: Check,
  record: Evidence,
  answers: readonly QueryAnswer[] | undefined,
): Verdict {
  switch (expectation.kind) {
    case "outage": {
      const most = traffic.reduce((longest, number) => Math.max(longest, record.longestOutage(number)), 0);
      const failed = traffic.filter((number) => record.longestOutage(number) > expectation.most);
      return { holds: failed.length === 0, observed: most === 0 ? "none" : formatDuration(most), failed };
    }
    case "lost":
      return lossVerdict(traffic, expectation.most, record);
    case "throughput": {
      const rates = traffic.map((number) => record.flows[number]?.throughput(at) ?? 0);
      const failed = traffic.filter((_, index) => (rates[index] ?? 0) < expectation.least);
      const least = rates.reduce((lowest, one) => Math.min(lowest, one), Infinity);
      return { holds: failed.length === 0, observed: formatRate(least), failed };
    }
    case "completes": {
      const times = traffic.map((number) => record.flows[number]?.completion ?? Infinity);
      const failed = traffic.filter((_, index) => (times[index] ?? Infinity) > expectation.most);
      const most = times.reduce((longest, one) => Math.max(longest, one), 0);
      return {
        holds: failed.length === 0,
        observed: most === Infinity ? "not complete" : formatDuration(most),
        failed,
      };
    }
    case "path": {
      const path = record.routes?.path(expectation.path[0] ?? "", expectation.path.at(-1) ?? "");
      const holds = path !== undefined && formatPath(path) === formatPath(expectation.path);
      return { holds, observed: path === undefined ? "no path" : formatPath(path) };
    }
    case "reaches": {
      const [from, to] = [at - RECENT_SECONDS - IN_FLIGHT_SECONDS, at - IN_FLIGHT_SECONDS];
      const counts = traffic.map((number) => record.pings[number]?.between(from, to) ?? { sent: 0, answered: 0 });
      const recent = counts.reduce((sum, { sent }) => sum + sent, 0);
      const answered = counts.reduce((sum, one) => sum + one.answered, 0);
      const holds = expectation.isReached ? answered > 0 : recent > 0 && answered === 0;
      const observed = `${answered} of the last ${countOf(recent, "ping")} answered`;
      return { holds, observed, failed: holds ? [] : traffic };
    }
    case "succeeds":
      return { holds: undefined, observed: "the simulator runs no commands" };
    case "query":
      return queryVerdict(expectation, answers ?? []);
    default:
      return expectation satisfies never;
  }
}

/**
 * The limit applies to the sum of all pings and datagrams of streams. If the check fails, `failed` is the traffic that exceeds the limit on
 * its own; if there is none, all traffic with a loss.
 */
function lossVerdict(traffic: readonly number[], most: AllowedLoss, record: Evidence): Verdict {
  const counts = traffic.map((number) => {
    const { sent = 0, lost = 0 } = record.flows[number] ?? record.pings[number] ?? {};
    return { number, sent, lost };
  });
  const isWithin = (sent: number, lost: number): boolean =>
    sent > 0 && ("pings" in most ? lost <= most.pings : lost <= most.share * sent);
  const [sent, lost] = counts.reduce(([sum, missing], one) => [sum + one.sent, missing + one.lost], [0, 0]);
  const holds = isWithin(sent, lost);
  const exceeding = counts.filter((one) => !isWithin(one.sent, one.lost));
  const guilty = exceeding.length > 0 ? exceeding : counts.filter((one) => one.lost > 0);
  return { holds, observed: `${lost} of ${sent}`, failed: holds ? [] : guilty.map(({ number }) => number) };
}

const NAMES_MAX = 5;

function listOf(names: readonly string[]): string {
  const more = names.length - NAMES_MAX;
  return `${names.slice(0, NAMES_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Returns the noun for the packets whose loss a check counts, in singular and plural. */
function unitOf({ traffic }: Check, topology: Topology): readonly [string, string] {
  const kinds = new Set(traffic.map((number) => topology.traffic[number]?.kind));
  if (!kinds.has("udp")) return ["ping", "pings"];
  return kinds.has("ping") ? ["ping or datagram", "pings and datagrams"] : ["datagram", "datagrams"];
}

/** `unit` is the noun of the packets whose loss counts. */
function describeExpectation(expectation: Expectation, unit: readonly [string, string]): string {
  switch (expectation.kind) {
    case "outage":
      return `no outage longer than ${formatDuration(expectation.most)}`;
    case "lost":
      return "pings" in expectation.most
        ? `at most ${countOf(expectation.most.pings, unit[0], unit[1])} lost`
        : `at most ${expectation.most.share * 100} % lost`;
    case "throughput":
      return `throughput of at least ${formatRate(expectation.least)}`;
    case "completes":
      return `complete within ${formatDuration(expectation.most)}`;
    case "path":
      return `path ${formatPath(expectation.path)}`;
    case "reaches":
      return `${expectation.from} ${expectation.isReached ? "reaches" : "does not reach"} ${expectation.to}`;
    case "succeeds":
      return `${expectation.on}$ ${expectation.run}`;
    case "query":
      return describeQuery(expectation);
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
