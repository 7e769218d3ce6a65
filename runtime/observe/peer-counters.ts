/** Traffic counters of one address of the IP network. */
export interface PeerTraffic {
  /** `host:port` as the node names it, or `others` for all addresses without counters of their own. */
  readonly address: string;
  /** Datagrams handed to the network, with their bytes and tuples. They include datagrams that the network refuses and counts itself. */
  sent: number;
  sentBytes: number;
  sentTuples: number;
  received: number;
  receivedBytes: number;
  /** Tuples that passed admission. */
  receivedTuples: number;
  /** Time of the last datagram from the address, in seconds on the node's clock; undefined before the first. */
  receivedAt: number | undefined;
  /** Datagrams sent since the latest of two moments: the last datagram came from the address, or `Liveness` reset the count. */
  unanswered: number;
  /** Time at which `Liveness` last checked the peer. */
  checkedAt: number | undefined;
  /** Time of the first probe that was sent since the peer fell silent. A datagram received after this time ends the silence. */
  askedAt: number | undefined;
}

/** Limit of addresses with counters, because anybody can send datagrams. */
const PEERS_MAX = 1024;

/** Traffic counters by address: one set for each of the first 1024 addresses, and one shared by all further ones. */
export class PeerCounters {
  readonly #byAddress = new Map<string, PeerTraffic>();
  readonly #others: PeerTraffic = newPeer("others");

  peer(address: string): PeerTraffic {
    return this.#byAddress.get(address) ?? this.#add(address);
  }

  /** Returns the counters of an address, if it has any. */
  known(address: string): PeerTraffic | undefined {
    return this.#byAddress.get(address);
  }

  /** Counts datagrams with a total of `bytes` from an address. */
  countReceived(address: string, now: number, bytes: number, datagrams: number = 1): PeerTraffic {
    const peer = this.peer(address);
    peer.received += datagrams;
    peer.receivedBytes += bytes;
    peer.receivedAt = now;
    peer.unanswered = 0;
    return peer;
  }

  *peers(): Generator<PeerTraffic> {
    yield* this.#byAddress.values();
    if (this.#others.sent > 0 || this.#others.received > 0) yield this.#others;
  }

  #add(address: string): PeerTraffic {
    if (this.#byAddress.size >= PEERS_MAX) return this.#others;
    const peer = newPeer(address);
    this.#byAddress.set(address, peer);
    return peer;
  }
}

function newPeer(address: string): PeerTraffic {
  return {
    address,
    sent: 0,
    sentBytes: 0,
    sentTuples: 0,
    received: 0,
    receivedBytes: 0,
    receivedTuples: 0,
    receivedAt: undefined,
    unanswered: 0,
    checkedAt: undefined,
    askedAt: undefined,
  };
}
