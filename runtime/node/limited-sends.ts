/**
 * Reports of tuples that were dropped, and of rows that must wait, because they exceed the send rate. The first such tuple of a rule is
 * reported, then at most one a minute. `dataflow.ts` notes each tuple and row; the node passes the reports to its log and its traces.
 */
import type { Plan } from "../plan/contract/plan.ts";
import { formatValue } from "../plan/values/format.ts";
import type { Value } from "../plan/values/value.ts";

const SECONDS_BETWEEN_REPORTS = 60;
/** Longest text of a location in a report. */
const MAX_LOCATION_LENGTH = 80;

/** Takes a message for the log and, for a trace, the rule and the reason. The rule is empty for rows. */
export type ReportLimited = (message: string, rule: string, reason: string) => void;

interface Reported {
  /** Time of the last report. */
  at: number;
  /** Number of tuples that exceeded the rate since the last report. */
  count: number;
}

export class LimitedSends {
  readonly #plan: Plan;
  readonly #rate: number;
  readonly #report: ReportLimited;
  readonly #byRule = new Map<string, Reported>();

  constructor(plan: Plan, rate: number, report: ReportLimited) {
    this.#plan = plan;
    this.#rate = rate;
    this.#report = report;
  }

  /** Notes that a tuple of a strand for the location was dropped at `now` (seconds). */
  add(strand: number, location: Value, now: number): void {
    const origin = this.#plan.strands[strand]?.origin;
    if (origin === undefined) return;
    const { rule, file, line } = origin;
    const count = this.#countToReport(rule, now);
    if (count === 0) return;
    const reason = `dropped more than ${this.#rate} tuples/s for ${shortened(location)} (--send-rate)`;
    const repeated = count === 1 ? "" : ` (${count} dropped since the last report)`;
    this.#report(`rule ${rule} (${file}:${line}): ${reason}${repeated}`, rule, reason);
  }

  /** Notes that a row for another name of this node must wait. */
  addRow(location: string, now: number): void {
    if (this.#countToReport("", now) === 0) return;
    const reason = `more than ${this.#rate}/s (--send-rate)`;
    this.#report(`rows for ${shortened(location)}, a name of this node, wait: ${reason}`, "", reason);
  }

  /**
   * Counts a tuple of a rule. Returns the rule's number of tuples since its last report, or 0 if that report was less than a minute ago.
   */
  #countToReport(rule: string, now: number): number {
    const known = this.#byRule.get(rule);
    if (known !== undefined && now - known.at < SECONDS_BETWEEN_REPORTS) {
      known.count++;
      return 0;
    }
    this.#byRule.set(rule, { at: now, count: 0 });
    return (known?.count ?? 0) + 1;
  }
}

function shortened(location: Value): string {
  const text = formatValue(location);
  return text.length <= MAX_LOCATION_LENGTH ? text : `${text.slice(0, MAX_LOCATION_LENGTH)}…`;
}
