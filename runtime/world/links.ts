/**
 * Links to the peers of a node, over which it exchanges sealed datagrams. The link layer adds a link for each peer with a trusted key, and
 * a session after each handshake. The socket of the node (`World.datagrams`) then seals each datagram for a peer and opens those that
 * arrive. Rules name a peer by its name; where its datagrams go, its endpoint, is the affair of the link.
 */

/** Peer with a link. Its number is that of the link. */
export interface LinkedPeer {
  readonly name: string;
  readonly link: number;
}

/** Keys of a session, which a handshake has agreed on. */
export interface SessionKeys {
  /** Key id of datagrams to this node: a random number from 1 to 2^32 - 1 that no session has. */
  readonly id: number;
  /** Key id of datagrams to the peer. */
  readonly peerId: number;
  readonly cipher: "aes-256-gcm" | "chacha20-poly1305";
  /** Keys of 32 bytes. */
  readonly sealKey: Uint8Array;
  readonly openKey: Uint8Array;
  /** Whether the peer is known to have the keys. If not, the session seals only after a datagram has been opened by it. */
  readonly isConfirmed: boolean;
}

/** State of a link, for timers. Times are in seconds on the scale of the monotonic clock; undefined if there was no datagram. */
export interface LinkState {
  /** Numeric `host:port`. */
  readonly endpoint: string;
  /** Key id of the session that seals; undefined if there is none. */
  readonly id: number | undefined;
  /** Number of datagrams that this session has sealed. */
  readonly sealed: number;
  readonly sealedAt: number | undefined;
  readonly openedAt: number | undefined;
}

/** Numbers of datagrams that were sealed, opened, or dropped for a reason. */
export interface LinkCounts {
  readonly sealed: number;
  readonly opened: number;
  /** Wrong tag. */
  readonly forged: number;
  /** Counter seen before, or too old to tell. */
  readonly replayed: number;
  readonly unknownKey: number;
  /** Neither sealed nor a message of the handshake. */
  readonly unsealed: number;
  /** Message of the handshake with a wrong first authenticator. */
  readonly wrongMac: number;
  /** Dropped because datagrams of too many links arrived mixed. */
  readonly overrun: number;
}

/** What the link layer is told. */
export interface LinkEvents {
  /** A message of the handshake with a right first authenticator, from a numeric `host:port`. The bytes are valid during the call. */
  handshake(bytes: Uint8Array, from: string): void;
  /** A datagram for a name without a session that seals. The bytes belong to the receiver. */
  unsealable(to: string, bytes: Uint8Array, trafficClass: number): void;
  /** A peer has used a new session for the first time, or has another endpoint. Which one, `state` tells. */
  changed(): void;
  /** A datagram of a peer that has nothing inside. */
  keepalive(peer: LinkedPeer): void;
}

/** Table of links. Two classes implement it: native-links.ts with the addon, and the memory links of tests. */
export interface Links {
  /** Installs the link layer. */
  onEvents(events: LinkEvents): void;
  /** Sets the key of the first authenticator of handshake messages to this node, 32 bytes. */
  setMacKey(key: Uint8Array): void;
  /**
   * Adds a peer, or changes the endpoint of one. `endpoint` is a numeric `host:port`. Returns undefined if there are too many links, or the
   * socket cannot reach the endpoint.
   */
  add(name: string, endpoint: string): LinkedPeer | undefined;
  /** Removes a peer and its sessions. */
  remove(peer: LinkedPeer): void;
  /** Adds a session to a link. Returns undefined, or the code of the error: `EEXIST` for a known key id, `ENOSPC` for a full link. */
  addSession(peer: LinkedPeer, keys: SessionKeys): string | undefined;
  removeSession(id: number): void;
  state(peer: LinkedPeer): LinkState | undefined;
  readonly counts: LinkCounts;
}

/** What the links of a node have done so far. */
export interface LinkFigures {
  readonly sealed: number;
  readonly opened: number;
  /** Sessions that were agreed on, and answers to initiations with a cookie. */
  readonly sessions: number;
  readonly cookies: number;
  /** Datagrams and messages of the handshake that were dropped, by reason. */
  readonly refused: ReadonlyMap<string, number>;
}
