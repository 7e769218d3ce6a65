import { Address } from "../plan/values/address.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { Values } from "../plan/values/value.ts";

/** Another node, as `--peer [VIP=]ADDR` and topology files name it. */
export interface Peer {
  readonly address: string;
  /** Virtual address that is reached there. */
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
  /** Several overlays could carry packets for its virtual address. */
  | {
      readonly ok: false;
      readonly problem: "several carriers";
      readonly peer: Peer;
      readonly carriers: readonly string[];
    };

/** Table that maps virtual addresses to locations. */
export const ADDRESS_MAP = "addressMap";

/** Returns the predicate of the table `addressMap`. Undefined if the program has none. */
export function addressMapOf({ predicates }: Plan): number | undefined {
  return predicates.find(({ name, table }) => name === ADDRESS_MAP && table !== undefined)?.id;
}

/**
 * Returns the facts about a node's peers: each peer is a member of all overlays, and the location of its virtual address over the
 * one overlay that carries packets, or over IP when no overlay does.
 */
export function peerFacts({ overlays, predicates }: Plan, peers: readonly Peer[]): PeerFacts {
  const carriers = overlays.filter((overlay) => overlay.send !== undefined).map((overlay) => overlay.name);
  const members = overlays.filter((overlay) => overlay.member !== undefined).map((overlay) => `${overlay.name}.member`);
  const hasMap = predicates.some((spec) => spec.name === ADDRESS_MAP && spec.table !== undefined);
  const facts: Fact[] = [];
  for (const peer of peers) {
    const { address, virtual } = peer;
    if (members.length === 0 && (virtual === undefined || !hasMap)) return { ok: false, problem: "no members", peer };
    for (const predicate of members) facts.push({ predicate, args: [address] });
    if (!hasMap || virtual === undefined) continue;
    if (carriers.length > 1) return { ok: false, problem: "several carriers", peer, carriers };
    const home = carriers[0] === undefined ? address : new Address(carriers[0], address);
    facts.push({ predicate: ADDRESS_MAP, args: [virtual, home] });
  }
  return { ok: true, facts };
}
