import type { Cause } from "../engine/engine.ts";
import type { Table } from "../engine/table.ts";
import { Address } from "../plan/values/address.ts";
import { Packet } from "../plan/values/packet.ts";
import type { Row, Value } from "../plan/values/value.ts";

/** Those of the numbers that stand in no row and no cause that waits. */
export function unheldNumbers(
  numbers: ReadonlySet<number>,
  tables: readonly (Table | undefined)[],
  waiting: Iterable<Cause>,
): ReadonlySet<number> {
  const left = new Set(numbers);
  for (const { tuple } of waiting) strike(tuple.args, left);
  for (const table of tables) {
    if (left.size === 0) break;
    for (let row = table?.first ?? null; row !== null; row = row.next) strike(row.values, left);
  }
  return left;
}

function strike(values: Row, left: Set<number>): void {
  for (const value of values) strikeValue(value, left);
}

function strikeValue(value: Value, left: Set<number>): void {
  if (typeof value === "number") left.delete(value);
  else if (typeof value !== "object" || value === null) return;
  else if (value instanceof Packet) strike(value.tuple?.args ?? [], left);
  else if (value instanceof Address) strike([value.node, ...value.options], left);
  else if (!(value instanceof Uint8Array)) strike(value, left);
}
