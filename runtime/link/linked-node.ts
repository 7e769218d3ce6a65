/** A peer as the link layer keeps it: its key, its handshake under way, its sessions, and the datagrams that wait for one. */
import type { LinkedPeer } from "../world/links.ts";
import type { Certificate } from "./certificate.ts";
import type { NoiseHandshake } from "./noise-handshake.ts";

/** A peer whose key the user has given. */
export interface PinnedPeer {
  /** Address of the peer in programs: the `HOST:PORT` as the user wrote it. */
  readonly name: string;
  /** X25519 public key, 32 bytes. */
  readonly key: Uint8Array;
  /** `HOST:PORT` to which the first message goes. Undefined if only the peer begins. */
  readonly endpoint: string | undefined;
}

/** A handshake that this node has begun. */
export interface Attempt {
  readonly handshake: NoiseHandshake;
  /** Key id of datagrams to this node. */
  readonly id: number;
  /** mac1 of the message, by which a cookie reply is recognised. */
  readonly mac1: Uint8Array;
  readonly sentAt: number;
  readonly retryAt: number;
  /** Number of messages sent since the series began, and the time of the first. */
  readonly number: number;
  readonly begunAt: number;
}

export interface Session {
  readonly id: number;
  readonly isInitiator: boolean;
  readonly createdAt: number;
}

/** A datagram that waits for a session. */
export interface StagedDatagram {
  readonly bytes: Uint8Array;
  readonly trafficClass: number;
}

/** Times are in seconds on the clock of the node. */
export interface LinkedNode extends PinnedPeer {
  /** Whether the user has given the key. If not, a certificate shows whose it is. */
  readonly isPinned: boolean;
  /** Undefined for a pinned key, and for a member from which none has come yet. */
  certificate: Certificate | undefined;
  linked: LinkedPeer | undefined;
  attempt: Attempt | undefined;
  /** Number of answers to the latest initiation that have been read. */
  responsesRead: number;
  sessions: readonly Session[];
  staged: StagedDatagram[];
  /** Time of the latest hello, in milliseconds since 1970. */
  helloTime: number;
  cookie: { readonly bytes: Uint8Array; readonly until: number } | undefined;
  /** When an empty datagram was last sent to the peer, and last came from it. */
  keepaliveSentAt: number;
  keepaliveOpenedAt: number;
  /** Since when datagrams go to the peer without an answer, and come from it without one. */
  silentSince: number | undefined;
  unansweredSince: number | undefined;
}

/** Returns a peer without a link. */
export function newLinkedNode(peer: PinnedPeer, trusted: Pick<LinkedNode, "isPinned" | "certificate">): LinkedNode {
  return {
    ...peer,
    ...trusted,
    linked: undefined,
    attempt: undefined,
    responsesRead: 0,
    sessions: [],
    staged: [],
    helloTime: 0,
    cookie: undefined,
    keepaliveSentAt: -Infinity,
    keepaliveOpenedAt: -Infinity,
    silentSince: undefined,
    unansweredSince: undefined,
  };
}
