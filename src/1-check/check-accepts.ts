import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Accept, Program } from "../program/program.ts";

/** Reports senders that are no table, and numbers of rows where no row can be inserted. `isTable` knows all tables of the program. */
export function checkAccepts({ accepts, tables }: Program, isTable: (name: string) => boolean): readonly Diagnostic[] {
  const isKeyed = (name: string): boolean => tables.get(name)?.keys.length !== 0;
  return accepts.flatMap((accept) => [...checkSenders(accept, isTable), ...checkRows(accept, isTable, isKeyed)]);
}

function checkSenders({ from }: Accept, isTable: (name: string) => boolean): readonly Diagnostic[] {
  if (typeof from === "string" || isTable(from.table)) return [];
  return [report("E0299", from.span, { fault: { table: from.table } })];
}

function checkRows(
  { name, insert, rows, statement }: Accept,
  isTable: (name: string) => boolean,
  isKeyed: (name: string) => boolean,
): readonly Diagnostic[] {
  if (rows === undefined) return [];
  if (!isTable(name)) return [report("E0299", statement.rows?.span, { fault: "event" })];
  if (!isKeyed(name)) return [report("E0299", statement.rows?.span, { fault: "key" })];
  return insert ? [] : [report("E0299", statement.rows?.span, { fault: "delete" })];
}
