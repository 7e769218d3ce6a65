import { Packet, type Tuple } from "../plan/values/packet.ts";
import type { Value } from "../plan/values/value.ts";
import { encodeTuple } from "./encode.ts";
import { HEADER_BYTES } from "./header.ts";
import { Writer } from "./writer.ts";

/** The IP packet, or train of them, of a `tun` tuple, however many overlays have wrapped it on this node. */
export function innerPacket(tuple: Tuple): Uint8Array | undefined {
  let inner: Tuple | undefined = tuple;
  while (inner !== undefined) {
    if (inner.predicate.role.kind === "tun") return inner.args[0] instanceof Uint8Array ? inner.args[0] : undefined;
    inner = inner.args.find(isPacket)?.tuple;
  }
  return undefined;
}

/** The same tuple around another IP packet. */
export function withInnerPacket(tuple: Tuple, packet: Uint8Array): Tuple {
  if (tuple.predicate.role.kind === "tun") return { ...tuple, args: [packet, ...tuple.args.slice(1)] };
  const at = tuple.args.findIndex(isPacket);
  const { tuple: inner, ...around } = { ...tuple, tuple: (tuple.args[at] as Packet).tuple };
  if (inner === undefined) return tuple;
  return { ...around, args: tuple.args.with(at, Packet.of(withInnerPacket(inner, packet))) };
}

/** What stands in a datagram around the IP packet of a tuple that has an inner packet, when the packet has `length` bytes. */
export function encapsulationBytes(tuple: Tuple, length: number): number {
  const { predicate, args } = withInnerPacket(tuple, new Uint8Array(length));
  const writer = new Writer();
  encodeTuple(writer, predicate.wire.tuple, args);
  return HEADER_BYTES + writer.length - length;
}

function isPacket(value: Value): value is Packet {
  return value instanceof Packet;
}
