/** Counters of the link layer. Those of single datagrams are the addon's (`LinkCounts` of world/links.ts). */

/** Why a message of the handshake or a datagram was dropped. */
export type LinkRefusal =
  /** Not a message of the handshake, or for another network, another node, or an answer to none of this node's messages. */
  | "not authentic"
  /** The key is not pinned, and there is no certificate. */
  | "unknown key"
  /** A certificate that this node does not trust: docs/security.md has the reasons. */
  | "malformed certificate"
  | "foreign certificate"
  | "forged certificate"
  | "early certificate"
  | "expired certificate"
  | "revoked certificate"
  | "another key"
  /** The same or an older message came before. */
  | "replayed"
  /** There are too many handshakes, or links. */
  | "busy"
  | "too many links"
  /** A datagram for a name whose key this node does not know, or whose handshake did not end in time. */
  | "no key"
  | "no session";

export interface LinkLayerCounts {
  /** Handshakes that gave a session. */
  established: number;
  /** Cookie replies sent. */
  cookies: number;
  readonly refused: Map<LinkRefusal, number>;
}

export function newLinkLayerCounts(): LinkLayerCounts {
  return { established: 0, cookies: 0, refused: new Map() };
}

export function countRefused({ refused }: LinkLayerCounts, why: LinkRefusal, number: number = 1): void {
  if (number > 0) refused.set(why, (refused.get(why) ?? 0) + number);
}
