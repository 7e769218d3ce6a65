import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import { wrap } from "./ring.ts";
import type { Row, Value } from "./value.ts";

/** What code from outside gave, as a value; undefined when it is none. A list that holds itself throws. */
export function foreignValue(given: unknown): Value | undefined {
  switch (typeof given) {
    case "boolean":
      return given;
    case "number":
      return Number.isNaN(given) ? undefined : given;
    case "string":
      return given.toWellFormed();
    case "bigint":
      return wrap(given);
    case "object":
      return foreignObject(given);
    default:
      return undefined;
  }
}

/** The rows that code from outside gave. */
export function foreignRows(given: unknown): readonly Row[] | undefined {
  const rows = foreignValue(given);
  return Array.isArray(rows) && rows.every((row) => Array.isArray(row)) ? rows : undefined;
}

function foreignObject(given: object | null): Value | undefined {
  if (given === null || given instanceof Uint8Array) return given;
  if (given instanceof Address || given instanceof Packet) return given;
  if (!Array.isArray(given)) return undefined;
  const items = Array.from(given, foreignValue);
  return items.every((item) => item !== undefined) ? items : undefined;
}
