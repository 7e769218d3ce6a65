import { Address } from "./address.ts";
import { DEPTH_MAX } from "./bounded.ts";
import { Packet } from "./packet.ts";
import { wrap } from "./ring.ts";
import type { Values, Value } from "./value.ts";

/** Returns the result of plug-in code as a value, or undefined if the result is not a value. Throws on a list that is nested too deeply. */
export function foreignValue(foreign: unknown): Value | undefined {
  return valueAt(foreign, 0);
}

function valueAt(foreign: unknown, depth: number): Value | undefined {
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
      return foreignObject(foreign, depth);
    default:
      return undefined;
  }
}

/** Returns the result of plug-in code as a list of lists, or undefined if the result is not a list of lists. */
export function foreignLists(foreign: unknown): readonly Values[] | undefined {
  const lists = foreignValue(foreign);
  return Array.isArray(lists) && lists.every((list) => Array.isArray(list)) ? lists : undefined;
}

function foreignObject(foreign: object | null, depth: number): Value | undefined {
  if (foreign === null || foreign instanceof Uint8Array) return foreign;
  if (foreign instanceof Address || foreign instanceof Packet) return foreign;
  if (!Array.isArray(foreign)) return undefined;
  if (depth === DEPTH_MAX) throw new Error(`its result nests lists more than ${DEPTH_MAX} deep`);
  const items = Array.from(foreign, (item) => valueAt(item, depth + 1));
  return items.every((item) => item !== undefined) ? items : undefined;
}
