import { Address } from "../runtime/plan/address.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { Row } from "../runtime/plan/value.ts";
import type { Host } from "./topology.ts";

export interface Fact {
  readonly predicate: string;
  readonly args: Row;
}

const ADDRESS_MAP = "addressMap";

/**
 * What a node is told about other hosts, as `--peer` tells it: each is a member of the overlays, and the home of its virtual
 * address over the one overlay that carries packets, or over IP when there is none. Undefined when several could carry it.
 */
export function peerFacts({ overlays, predicates }: Plan, peers: readonly Host[]): readonly Fact[] | undefined {
  const carriers = overlays.filter((overlay) => overlay.send !== undefined).map((overlay) => overlay.name);
  const members = overlays.filter((overlay) => overlay.member !== undefined).map((overlay) => `${overlay.name}.member`);
  const hasMap = predicates.some((spec) => spec.name === ADDRESS_MAP && spec.table !== undefined);
  if (hasMap && carriers.length > 1 && peers.some((peer) => peer.virtual !== undefined)) return undefined;
  return peers.flatMap(({ address, virtual }) => {
    const joined = members.map((predicate): Fact => ({ predicate, args: [address] }));
    if (!hasMap || virtual === undefined) return joined;
    const home = carriers[0] === undefined ? address : new Address(carriers[0], address);
    return [...joined, { predicate: ADDRESS_MAP, args: [virtual, home] }];
  });
}
