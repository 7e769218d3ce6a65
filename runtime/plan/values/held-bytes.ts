import { Address } from "./address.ts";
import { Packet, type Tuple } from "./packet.ts";
import { isTrain } from "./train.ts";
import type { Values, Value } from "./value.ts";

/** What a value costs beside the bytes in it. */
const VALUE_BYTES = 16;

/** About how much memory a tuple holds while it waits. The same tuple always gives the same number. */
export function heldBytes({ args }: Tuple): number {
  return heldBytesOf(args);
}

/** The same of values. */
export function heldBytesOf(row: Values): number {
  let sum = VALUE_BYTES;
  for (const value of row) sum += bytesOf(value);
  return sum;
}

function bytesOf(value: Value): number {
  if (typeof value === "string") return VALUE_BYTES + value.length;
  if (typeof value !== "object" || value === null) return VALUE_BYTES;
  if (value instanceof Uint8Array) return VALUE_BYTES + (isTrain(value) ? value.size : value.length);
  if (value instanceof Packet) return VALUE_BYTES + bytesOf(value.body ?? null) + heldBytesOf(value.tuple?.args ?? []);
  if (value instanceof Address) return bytesOf(value.node) + heldBytesOf(value.options);
  return heldBytesOf(value);
}
