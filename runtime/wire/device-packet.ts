import { LAYERS_MAX, Packet, type Tuple } from "../plan/values/packet.ts";
import type { Values } from "../plan/values/value.ts";
import { wireHash } from "../plan/values/wire-hash.ts";
import { decodeAllFields } from "../plan/values/decode-fields.ts";

/** Wire hashes of the event `tun`, which holds a device packet. Programs use it with one to six arguments. */
export const DEVICE_PACKETS: readonly number[] = [1, 2, 3, 4, 5, 6].map((arity) => wireHash("tun", arity, "event"));

/** Wire hashes of the event `tap`, which holds an Ethernet frame. Programs use it with one to five arguments. */
export const DEVICE_FRAMES: readonly number[] = [1, 2, 3, 4, 5].map((arity) => wireHash("tap", arity, "event"));

const TUN_HASHES: ReadonlySet<number> = new Set(DEVICE_PACKETS);
const DEVICE_HASHES: ReadonlySet<number> = new Set([...DEVICE_PACKETS, ...DEVICE_FRAMES]);

/** Returns whether a wire hash is the event `tun`, whose first argument is a device packet. */
export function isDevicePacket(hash: number): boolean {
  return TUN_HASHES.has(hash);
}

/**
 * Whether the tuple holds a device packet or an Ethernet frame of a device, in any number of overlay packets. Packets in transit are
 * decoded only if `decodes` is true; otherwise a device packet inside two packets in transit is not found.
 */
export function carriesDevicePacket({ predicate, args }: Tuple, decodes: boolean): boolean {
  let hash = predicate.wire.tuple;
  let fields: Values = args;
  for (let layer = 0; layer <= LAYERS_MAX; layer++) {
    if (DEVICE_HASHES.has(hash)) return true;
    const packet = firstPacket(fields);
    if (packet === undefined) return false;
    hash = packet.hash;
    if (packet.tuple !== undefined) fields = packet.tuple.args;
    else fields = (decodes && packet.body !== undefined && decodeAllFields(packet.body)) || [];
  }
  return false;
}

function firstPacket(values: Values): Packet | undefined {
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (value instanceof Packet) return value;
  }
  return undefined;
}

/**
 * Returns the length of the device packet at the end of a tuple from the network. The device packet may lie in any number of overlay
 * packets. Returns undefined if the tuple does not end with a device packet.
 */
export function devicePacketLength(hash: number, fields: Values): number | undefined {
  let last = fields.at(-1);
  let innerHash = hash;
  for (let layer = 0; layer < LAYERS_MAX && !TUN_HASHES.has(innerHash); layer++) {
    if (!(last instanceof Packet) || last.body === undefined) break;
    innerHash = last.hash;
    last = decodeAllFields(last.body)?.at(-1);
  }
  return TUN_HASHES.has(innerHash) && last instanceof Uint8Array ? last.length : undefined;
}
