/**
 * Reports of derivations that ended because an expression had no value, or a value contradicted a signature: the first of each rule,
 * then at most one a minute. The strand context calls it, and the node passes the reports to its log and its traces.
 */
import { columnTypeName } from "../plan/values/column-type.ts";
import { formatStart } from "../plan/values/format.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Value } from "../plan/values/value.ts";

/** Cause of a failed derivation. */
export type FailureCause =
  /** An expression had no value for these values of its variables. */
  | { readonly kind: "no value"; readonly expression: string; readonly values: Readonly<Record<string, Value>> }
  /** The signature of the predicate does not allow the value in the column. `column` counts from 0. */
  | { readonly kind: "wrong type"; readonly predicate: PredicateSpec; readonly column: number; readonly value: Value };

/** Report of failed derivations. */
export interface FailureReport {
  readonly rule: string;
  /** File and line of the rule. */
  readonly at: string;
  /** The expression and the values of its variables, or the column and its value: `"k" + N` has no value for N = 3. */
  readonly reason: string;
  /** Number of derivations of the rule that failed since its last report, including the reported one. */
  readonly count: number;
}

const SECONDS_BETWEEN_REPORTS = 60;
/** Longest text of a value in a report. */
const MAX_VALUE_LENGTH = 80;

interface RuleFailures {
  /** Time of the last report. */
  reported: number;
  /** Failed derivations since then. */
  count: number;
}

export class FailureReports {
  readonly #plan: Plan;
  readonly #report: (report: FailureReport) => void;
  readonly #byRule = new Map<string, RuleFailures>();

  constructor(plan: Plan, report: (report: FailureReport) => void) {
    this.#plan = plan;
    this.#report = report;
  }

  /** Notes that `count` derivations of a strand failed at `now` (seconds) by the same cause. The first of them may be reported. */
  add(strand: number, now: number, count: number, cause: FailureCause): void {
    const origin = this.#plan.strands[strand]?.origin;
    if (origin === undefined) return;
    const { rule, file, line } = origin;
    const known = this.#byRule.get(rule);
    if (known !== undefined && now - known.reported < SECONDS_BETWEEN_REPORTS) {
      known.count += count;
      return;
    }
    this.#byRule.set(rule, { reported: now, count: count - 1 });
    this.#report({ rule, at: `${file}:${line}`, reason: reasonOf(cause), count: (known?.count ?? 0) + 1 });
  }
}

/** Returns the report as a message of the log. */
export function failureMessage({ rule, at, reason, count }: FailureReport): string {
  return `rule ${rule} (${at}): ${reason}${count === 1 ? "" : ` (${count} derivations failed since the last report)`}`;
}

/** Describes the cause: "`"k" + N` has no value for N = 3". */
export function reasonOf(cause: FailureCause): string {
  if (cause.kind === "no value") return `\`${cause.expression}\` has no value${valuesText(cause.values)}`;
  const { predicate, column, value } = cause;
  const declared = columnTypeName(predicate.columns[column] ?? 0);
  return `column ${column + 1} of \`${predicate.name}\` is declared as ${declared}, and got ${shortValue(value)}`;
}

/**
 * Returns the variables and their values as text. The name of a variable that the compiler inserted, such as `$Row`, is printed without
 * `$`.
 */
function valuesText(values: Readonly<Record<string, Value>>): string {
  const all = Object.entries(values).map(
    ([name, value]) => `${name.replace(/^\$(?=[A-Z])/, "")} = ${shortValue(value)}`,
  );
  return all.length === 0 ? "" : ` for ${all.join(", ")}`;
}

/** Formats a value for a report. */
export function shortValue(value: Value): string {
  const text = formatStart(value, MAX_VALUE_LENGTH + 1);
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH)}…`;
}
