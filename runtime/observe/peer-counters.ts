/** What went to, and came from, one address of the IP network. */
export interface PeerTraffic {
  /** `host:port` as the node names it, or `others` for all that found no room in the book. */
  readonly address: string;
  /** Datagrams handed to the network, and their bytes and tuples; whether they left is the network's to count. */
  sent: number;
  sentBytes: number;
  sentTuples: number;
  received: number;
  receivedBytes: number;
  /** Those that the node expects. */
  receivedTuples: number;
  /** By the clock of the world, in seconds; undefined while nothing has come. */
  receivedAt: number | undefined;
}

/** Addresses come from datagrams too, so there is an end to them. */
const PEERS_MAX = 1024;

/** Counts by peer. The first so many have counters of their own, all further ones share one. */
export class PeerCounters {
  readonly #byAddress = new Map<string, PeerTraffic>();
  readonly #others: PeerTraffic = newPeer("others");

  peer(address: string): PeerTraffic {
    return this.#byAddress.get(address) ?? this.#add(address);
  }

  /** Datagrams have come, of so many bytes together. */
  countReceived(address: string, now: number, bytes: number, datagrams: number = 1): PeerTraffic {
    const peer = this.peer(address);
    peer.received += datagrams;
    peer.receivedBytes += bytes;
    peer.receivedAt = now;
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
  };
}
