import { Packet, type Tuple } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Value } from "../plan/values/value.ts";
import { encodeTuple } from "./encode.ts";
import { HEADER_BYTES } from "./header.ts";
import { Writer } from "./writer.ts";

/** No `host:port` of IPv4 is longer. */
const LONGEST_ADDRESS = "255.255.255.255:65535";

/** What every IPv6 link carries; the kernel has no IPv6 on a device with less. */
const IPV6_MTU_MIN = 1280;

/**
 * The largest IP packet that fits a datagram as `tun(Packet)`, wrapped once by every overlay of the plan that carries packets;
 * longer ones travel in pieces. Never less than what IPv6 needs.
 */
export function innerMtu(plan: Plan, maxPayload: number): number {
  return Math.max(IPV6_MTU_MIN, maxPayload - HEADER_BYTES - encapsulationBytes(plan, maxPayload));
}

/** What stands around a packet that leaves no room for more. */
function encapsulationBytes({ overlays, predicates }: Plan, length: number): number {
  const tun = predicates.find((spec) => spec.role.kind === "tun");
  if (tun === undefined) return 0;
  const writer = new Writer();
  const carriers = overlays.flatMap(({ send }) => (send === undefined ? [] : [predicates[send] as PredicateSpec]));
  const innermost = event(tun, new Uint8Array(length));
  const { predicate, args } = carriers.reduce<Tuple>(
    (inner, send) => event(send, LONGEST_ADDRESS, Packet.of(inner)),
    innermost,
  );
  encodeTuple(writer, predicate.wire.tuple, args);
  return writer.length - length;
}

function event(predicate: PredicateSpec, ...args: readonly Value[]): Tuple {
  return { predicate, args, isDelete: false };
}
