import { formatTuple } from "../../../runtime/plan/values/format.ts";
import { encodeTuple } from "../../../runtime/plan/values/json-value.ts";
import type { Values } from "../../../runtime/plan/values/value.ts";
import { csvField } from "./csv-field.ts";
import { jsonText } from "./json-text.ts";
import type { Output } from "./output.ts";

/** Format of a printed table: facts of a program, comma-separated values, or the number of rows; each also as JSON. */
export interface TableForm {
  readonly kind: "facts" | "csv" | "count";
  readonly json: boolean;
}

/** Number of lines that one write to stdout takes. */
const LINES_PER_WRITE = 4096;

/** Prints the rows of a table as facts, as comma-separated values or as JSON objects. */
export function printTable(name: string, rows: readonly Values[], { kind, json }: TableForm, output: Output): void {
  for (let at = 0; at < rows.length; at += LINES_PER_WRITE) {
    const lines = rows.slice(at, at + LINES_PER_WRITE).map((row) => {
      if (json) return jsonText({ tuple: encodeTuple(name, row) });
      return kind === "csv" ? row.map(csvField).join(",") : `${formatTuple(name, row)}.`;
    });
    if (kind === "csv" && !json) output.data(lines.join("\n"));
    else output.result(lines.join("\n"));
  }
}

/** Prints the number of rows of a table, without its name if it is the only one (`isAlone`). */
export function countTable(name: string, count: number, { json }: TableForm, isAlone: boolean, output: Output): void {
  if (json) output.result(jsonText({ table: name, count }));
  else output.result(isAlone ? String(count) : `${name} ${count}`);
}
