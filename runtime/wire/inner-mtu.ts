import { ETHERNET_HEADER } from "../ip/ethernet-frame.ts";
import { Packet, type Tuple } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Values } from "../plan/values/value.ts";
import { encodeTuple } from "../plan/values/encode.ts";
import { HEADER_BYTES } from "./header.ts";
import { Writer } from "../plan/values/writer.ts";

/** The longest `host:port` of IPv4. */
const LONGEST_ADDRESS = "255.255.255.255:65535";
/**
 * The options that an address in an overlay with options is assumed to have: one number. A packet with more options may not fit and is then
 * fragmented.
 */
const OPTIONS = [0.5];

/** Smallest MTU of an IPv6 link. The kernel disables IPv6 on a device with a smaller one. */
const IPV6_MTU_MIN = 1280;

/**
 * Returns the MTU for the TUN device: the length of the largest IP packet that fits into a datagram as `tun(Packet)`, encapsulated once by
 * every overlay of the plan that sends packets. At least the MTU that IPv6 needs; packets that then do not fit are fragmented.
 */
export function innerMtu(plan: Plan, maxPayload: number): number {
  return Math.max(IPV6_MTU_MIN, maxPayload - HEADER_BYTES - encapsulationBytes(plan, maxPayload));
}

/** Returns the MTU of a device at the start of a node: `inner` is the result of `innerMtu`. A frame has an Ethernet header as well. */
export function defaultMtu(kind: "tun" | "tap", inner: number): number {
  return kind === "tap" ? Math.max(IPV6_MTU_MIN, inner - ETHERNET_HEADER) : inner;
}

/** Returns the number of bytes that the overlays add to a packet of `length` bytes. */
function encapsulationBytes({ overlays, predicates }: Plan, length: number): number {
  const tun = predicates.find((spec) => spec.role.kind === "tun");
  if (tun === undefined) return 0;
  const writer = new Writer();
  const carriers = overlays.flatMap(({ send }) => (send === undefined ? [] : [predicates[send] as PredicateSpec]));
  const innermost = event(tun, [new Uint8Array(length)]);
  const { predicate, args } = carriers.reduce<Tuple>(
    (inner, send) => event(send, [LONGEST_ADDRESS, ...(send.arity === 3 ? [OPTIONS] : []), Packet.of(inner)]),
    innermost,
  );
  encodeTuple(writer, predicate.wire.tuple, args);
  return writer.length - length;
}

function event(predicate: PredicateSpec, args: Values): Tuple {
  return { predicate, args, isDelete: false };
}
