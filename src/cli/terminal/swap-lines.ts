import { countOf } from "../../../runtime/plan/values/count-of.ts";
import type { SwapReport } from "../../../runtime/node/program-swap.ts";

/** Lines of the report of a program swap: the files that run now, then the tables. Lost rows come last, so that users notice them. */
export function swapLines({ kept, derived, lost, added }: SwapReport, files: readonly string[]): readonly string[] {
  const rows = kept.reduce((sum, table) => sum + table.rows, 0);
  return [
    `running ${files.join(" ")}`,
    `kept: ${countOf(kept.length, "table")} with ${countOf(rows, "row")}`,
    ...(derived.length === 0 ? [] : [`recomputed: ${derived.join(", ")}`]),
    ...(added.length === 0 ? [] : [`new: ${added.join(", ")}`]),
    ...lost.map(({ table, rows: count, why }) => `${why}: ${table}, ${countOf(count, "row")} lost`),
  ];
}
