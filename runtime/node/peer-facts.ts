import { Address } from "../plan/values/address.ts";
import { formatValue } from "../plan/values/format.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { Value, Values } from "../plan/values/value.ts";

/** Another node, as `--peer [VIP=]ADDR` and topology files name it. */
export interface Peer {
  readonly address: string | Address;
  /** Virtual address whose packets go to `address`. */
  readonly virtual: string | undefined;
}

export interface Fact {
  readonly predicate: string;
  readonly args: Values;
}

export type PeerFacts =
  | { readonly ok: true; readonly facts: readonly Fact[] }
  /** The program has no table that could hold this peer. */
  | { readonly ok: false; readonly problem: "no members"; readonly peer: Peer }
  /** The address of the peer names an overlay that the program does not have. */
  | { readonly ok: false; readonly problem: "unknown overlay"; readonly peer: Peer; readonly overlay: string }
  /** Several overlays could carry packets for the virtual address of the peer. */
  | {
      readonly ok: false;
      readonly problem: "several carriers";
      readonly peer: Peer;
      readonly carriers: readonly string[];
    };

/** Table that maps virtual addresses to locations. */
export const ADDRESS_MAP = "addressMap";

/** Returns the predicate of the table `addressMap`. Undefined if the program does not have this table. */
export function addressMapOf({ predicates }: Plan): number | undefined {
  return predicates.find(({ name, table }) => name === ADDRESS_MAP && table !== undefined)?.id;
}

/** The address as messages show it. */
export function peerText({ address }: Peer): string {
  return typeof address === "string" ? address : formatValue(address);
}

/** Returns the IP addresses by which a peer is reached; for `sr::["10.0.0.9:1", ron::"10.0.0.2:1"]`, both addresses. */
export function ipAddressesOf(address: Value): readonly string[] {
  if (typeof address === "string") return [address];
  if (address instanceof Address) return ipAddressesOf(address.node);
  return Array.isArray(address) ? address.flatMap(ipAddressesOf) : [];
}

/**
 * Returns the facts about a node's peers. Each peer is a member of all overlays, except of the overlay that its address belongs to. The
 * virtual address of a peer maps to the peer's address in the overlay that carries packets; if no other overlay carries packets, it maps to
 * the address as given.
 */
export function peerFacts({ overlays, predicates }: Plan, peers: readonly Peer[]): PeerFacts {
  const carriers = overlays.filter((overlay) => overlay.send !== undefined).map((overlay) => overlay.name);
  const members = overlays.filter((overlay) => overlay.member !== undefined).map((overlay) => `${overlay.name}.member`);
  const hasMap = predicates.some((spec) => spec.name === ADDRESS_MAP && spec.table !== undefined);
  const facts: Fact[] = [];
  for (const peer of peers) {
    const { address, virtual } = peer;
    const underlay = address instanceof Address ? address.overlay : undefined;
    if (underlay !== undefined && !overlays.some(({ name }) => name === underlay))
      return { ok: false, problem: "unknown overlay", peer, overlay: underlay };
    const joined = members.filter((predicate) => predicate !== `${underlay}.member`);
    if (joined.length === 0 && (virtual === undefined || !hasMap)) return { ok: false, problem: "no members", peer };
    for (const predicate of joined) facts.push({ predicate, args: [address] });
    if (!hasMap || virtual === undefined) continue;
    const above = carriers.filter((overlay) => overlay !== underlay);
    if (above.length > 1) return { ok: false, problem: "several carriers", peer, carriers: above };
    const home = above[0] === undefined ? address : new Address(above[0], address);
    facts.push({ predicate: ADDRESS_MAP, args: [virtual, home] });
  }
  return { ok: true, facts };
}
