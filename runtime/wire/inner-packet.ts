import { Packet, type Tuple } from "../plan/values/packet.ts";
import type { Value } from "../plan/values/value.ts";
import { encodeTuple } from "../plan/values/encode.ts";
import { HEADER_BYTES } from "./header.ts";
import { Writer } from "../plan/values/writer.ts";

/** Returns the IP packet or train in a `tun` tuple, through all overlays that encapsulated it on this node. */
export function innerPacket(tuple: Tuple): Uint8Array | undefined {
  let inner: Tuple | undefined = tuple;
  while (inner !== undefined) {
    if (inner.predicate.role.kind === "tun") return inner.args[0] instanceof Uint8Array ? inner.args[0] : undefined;
    inner = inner.args.find(isPacket)?.tuple;
  }
  return undefined;
}

/** Returns a copy of the tuple with another IP packet in it. */
export function withInnerPacket(tuple: Tuple, packet: Uint8Array): Tuple {
  if (tuple.predicate.role.kind === "tun") return { ...tuple, args: [packet, ...tuple.args.slice(1)] };
  const at = tuple.args.findIndex(isPacket);
  const inner = (tuple.args[at] as Packet).tuple;
  if (inner === undefined) return tuple;
  return { ...tuple, args: tuple.args.with(at, Packet.of(withInnerPacket(inner, packet))) };
}

/** Returns the number of bytes in the datagram besides the IP packet, if the IP packet in the tuple had `length` bytes. */
export function encapsulationBytes(tuple: Tuple, length: number): number {
  const { predicate, args } = withInnerPacket(tuple, new Uint8Array(length));
  const writer = new Writer();
  encodeTuple(writer, predicate.wire.tuple, args);
  return HEADER_BYTES + writer.length - length;
}

function isPacket(value: Value): value is Packet {
  return value instanceof Packet;
}
