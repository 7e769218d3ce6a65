import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import { wrap } from "./ring.ts";
import type { Values, Value } from "./value.ts";

/** What code from outside gave, as a value; undefined when it is none. A list that holds itself throws. */
export function foreignValue(foreign: unknown): Value | undefined {
  switch (typeof foreign) {
    case "boolean":
      return foreign;
    case "number":
      return Number.isNaN(foreign) ? undefined : foreign;
    case "string":
      return foreign.toWellFormed();
    case "bigint":
      return wrap(foreign);
    case "object":
      return foreignObject(foreign);
    default:
      return undefined;
  }
}

/** The rows that code from outside gave. */
export function foreignLists(foreign: unknown): readonly Values[] | undefined {
  const rows = foreignValue(foreign);
  return Array.isArray(rows) && rows.every((row) => Array.isArray(row)) ? rows : undefined;
}

function foreignObject(foreign: object | null): Value | undefined {
  if (foreign === null || foreign instanceof Uint8Array) return foreign;
  if (foreign instanceof Address || foreign instanceof Packet) return foreign;
  if (!Array.isArray(foreign)) return undefined;
  const items = Array.from(foreign, foreignValue);
  return items.every((item) => item !== undefined) ? items : undefined;
}
