import { csv } from "../outcome/run-details.ts";
import type { Figure, Mark } from "./figure.ts";

/** Returns the points of a figure as CSV. The value is in bits per second, in seconds, or a path; it is empty where there is none. */
export function figureTable({ kind, series }: Figure): string {
  const rows = series.flatMap(({ name, points }) => points.map(({ t, value }) => [rounded(t), name, rounded(value)]));
  return csv(["t", "series", kind], rows);
}

/** Returns the events of a run as CSV. */
export function markTable(marks: readonly Mark[]): string {
  return csv(
    ["t", "event"],
    marks.map(({ t, text }) => [rounded(t), text]),
  );
}

/** Rounds a number to millionths, because differences of times have digits without meaning. */
function rounded<Value extends number | string | null>(value: Value): Value | number {
  return typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value;
}
