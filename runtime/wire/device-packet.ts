import { Packet } from "../plan/values/packet.ts";
import type { Values } from "../plan/values/value.ts";
import { wireHash } from "../plan/values/wire-hash.ts";
import { decodeAllFields } from "./decode.ts";

/** The hashes of the tuple that a packet of a device is: rules give it one to five arguments. */
export const DEVICE_PACKETS: readonly number[] = [1, 2, 3, 4, 5].map((arity) => wireHash("tun", arity, "event"));

const KNOWN: ReadonlySet<number> = new Set(DEVICE_PACKETS);

/**
 * How long the packet of a device is with which a tuple ends that came over the network, however many packets of overlays
 * are around it. Undefined when it ends with something else.
 */
export function devicePacketLength(hash: number, fields: Values): number | undefined {
  let last = fields.at(-1);
  let of = hash;
  while (!KNOWN.has(of) && last instanceof Packet && last.body !== undefined) {
    of = last.hash;
    last = decodeAllFields(last.body)?.at(-1);
  }
  return KNOWN.has(of) && last instanceof Uint8Array ? last.length : undefined;
}
