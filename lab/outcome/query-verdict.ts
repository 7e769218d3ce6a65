import type { QueryExpectation } from "../topology/topology.ts";
import type { QueryAnswer } from "./query-answer.ts";

/** Number of hosts that a description lists. */
const HOSTS_MAX = 5;

/** Evaluates a query check by the answers of its hosts. A host that does not answer fails the check. */
export function queryVerdict(
  { hosts, least, most, isSame }: QueryExpectation,
  answers: readonly QueryAnswer[],
): { readonly holds: boolean; readonly observed: string } {
  if (answers.length < hosts.length) return { holds: false, observed: "the nodes have not answered yet" };
  const isFit = ({ rows }: QueryAnswer): boolean => rows !== undefined && rows.length >= least && rows.length <= most;
  const unfit = answers.filter((answer) => !isFit(answer));
  if (unfit.length > 0) return { holds: false, observed: listed(unfit.map(describeAnswer), "; ") };
  const groups = Map.groupBy(answers, contents);
  if (isSame && groups.size > 1) {
    const differing = [...groups.values()].map((group) => `${describeRows(group[0])} on ${hostsOf(group)}`);
    return { holds: false, observed: `the rows differ: ${listed(differing, "; ")}` };
  }
  return { holds: true, observed: describeCounts(answers) };
}

/** Formats a query check for people: `leader(L): 1 row, the same on a, b, c`. */
export function describeQuery({ query, hosts, least, most, isSame }: QueryExpectation): string {
  const where = hosts.length > HOSTS_MAX ? `${hosts.length} hosts` : hosts.join(", ");
  const count = least === 0 && most === Infinity ? "" : rangeOf(least, most);
  const same = count === "" ? "the same rows" : `${count}, the same`;
  return `${query}: ${isSame ? same : count} on ${where}`;
}

function rangeOf(least: number, most: number): string {
  if (least === most) return rowCount(least);
  return most === Infinity ? `at least ${rowCount(least)}` : `${least} to ${rowCount(most)}`;
}

function describeAnswer({ host, rows, problem }: QueryAnswer): string {
  if (rows === undefined) return `${host}: ${problem}`;
  return `${host}: ${rowCount(rows.length)}${problem === undefined ? "" : ` (${problem})`}`;
}

function describeCounts(answers: readonly QueryAnswer[]): string {
  const counts = answers.map(({ rows = [] }) => rows.length);
  const least = counts.reduce((lowest, one) => Math.min(lowest, one), Infinity);
  const most = counts.reduce((greatest, one) => Math.max(greatest, one), 0);
  return least === most ? `${rowCount(most)} on each` : `${least} to ${rowCount(most)}`;
}

/** Returns the rows of an answer as text. The text does not depend on the order of the rows. */
function contents({ rows = [] }: QueryAnswer): string {
  return JSON.stringify(rows.map((row) => JSON.stringify(row)).toSorted());
}

function describeRows(answer: QueryAnswer | undefined): string {
  const [first, ...more] = answer?.rows ?? [];
  if (first === undefined) return "no rows";
  return `${first.join(", ")}${more.length === 0 ? "" : ` and ${more.length} more`}`;
}

function hostsOf(answers: readonly QueryAnswer[]): string {
  return listed(
    answers.map(({ host }) => host),
    ", ",
  );
}

function listed(texts: readonly string[], separator: string): string {
  const more = texts.length - HOSTS_MAX;
  return `${texts.slice(0, HOSTS_MAX).join(separator)}${more > 0 ? ` and ${more} more` : ""}`;
}

function rowCount(count: number): string {
  return count === 1 ? "1 row" : `${count} rows`;
}
