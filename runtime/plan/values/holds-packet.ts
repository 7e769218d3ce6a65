import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import type { Value } from "./value.ts";

/** Whether a value is a packet, or holds one in a list or an address. */
export function holdsPacket(value: Value): boolean {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  if (value instanceof Packet) return true;
  return (value instanceof Address ? [value.node, ...value.options] : value).some(holdsPacket);
}
