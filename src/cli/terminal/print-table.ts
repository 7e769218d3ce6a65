import { formatTuple, formatValue } from "../../../runtime/plan/values/format.ts";
import type { Values, Value } from "../../../runtime/plan/values/value.ts";
import { jsonValue } from "../../../runtime/observe/watch.ts";
import type { Output } from "./output.ts";

/** How a table is written: as facts of a program, comma-separated, as JSON, or only how many rows there are. */
export interface TableForm {
  readonly kind: "facts" | "csv" | "count";
  readonly json: boolean;
}

/** Lines that are written in one go. */
const LINES_PER_WRITE = 4096;

export function printTable(name: string, rows: readonly Values[], { kind, json }: TableForm, output: Output): void {
  for (let at = 0; at < rows.length; at += LINES_PER_WRITE) {
    const lines = rows.slice(at, at + LINES_PER_WRITE).map((row) => {
      if (json) return JSON.stringify({ table: name, row: row.map(jsonValue) });
      return kind === "csv" ? row.map(csvField).join(",") : `${formatTuple(name, row)}.`;
    });
    output.result(lines.join("\n"));
  }
}

/** A number alone when it can be that of one table only. */
export function countTable(name: string, count: number, { json }: TableForm, isAlone: boolean, output: Output): void {
  if (json) output.result(JSON.stringify({ table: name, count }));
  else output.result(isAlone ? String(count) : `${name} ${count}`);
}

/** Reading the field gives the value back, where a file of facts can hold it. */
function csvField(value: Value): string {
  if (typeof value !== "string")
    return /[",]/.test(formatValue(value)) ? quoted(formatValue(value)) : formatValue(value);
  return /^$|[",\r\n]|^-?\d/.test(value) ? quoted(value) : value;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
