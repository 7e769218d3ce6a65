import type { StepInput } from "../engine/step-input.ts";
import type { Table } from "../engine/tables/table.ts";
import { Address } from "../plan/values/address.ts";
import { Packet } from "../plan/values/packet.ts";
import type { Values, Value } from "../plan/values/value.ts";

/** Returns the numbers that occur in no row and in no queued input, not even within packets, addresses and lists. */
export function unreferencedNumbers(
  numbers: ReadonlySet<number>,
  tables: readonly (Table | undefined)[],
  waiting: Iterable<StepInput>,
): ReadonlySet<number> {
  const unreferenced = new Set(numbers);
  for (const { tuple } of waiting) deleteReferenced(tuple.args, unreferenced);
  for (const table of tables) {
    if (unreferenced.size === 0) break;
    for (let row = table?.first ?? null; row !== null; row = row.next) deleteReferenced(row.values, unreferenced);
  }
  return unreferenced;
}

function deleteReferenced(values: Values, unreferenced: Set<number>): void {
  for (const value of values) deleteReferencedValue(value, unreferenced);
}

function deleteReferencedValue(value: Value, unreferenced: Set<number>): void {
  if (typeof value === "number") unreferenced.delete(value);
  else if (typeof value !== "object" || value === null) return;
  else if (value instanceof Packet) deleteReferenced(value.tuple?.args ?? [], unreferenced);
  else if (value instanceof Address) deleteReferenced([value.node, ...value.options], unreferenced);
  else if (!(value instanceof Uint8Array)) deleteReferenced(value, unreferenced);
}
