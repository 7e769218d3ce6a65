/** What went to, and came from, one address of the IP network. */
export interface PeerCounters {
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
  heardAt: number | undefined;
}

/** Addresses come from datagrams too, so there is an end to them. */
const PEERS_MAX = 1024;

/** Counts by peer. The first so many have counters of their own, all further ones share one. */
export class PeerBook {
  readonly #byAddress = new Map<string, PeerCounters>();
  readonly #others: PeerCounters = newPeer("others");

  peer(address: string): PeerCounters {
    return this.#byAddress.get(address) ?? this.#add(address);
  }

  /** Datagrams have come, of so many bytes together. */
  heard(address: string, now: number, bytes: number, datagrams: number = 1): PeerCounters {
    const peer = this.peer(address);
    peer.received += datagrams;
    peer.receivedBytes += bytes;
    peer.heardAt = now;
    return peer;
  }

  *peers(): Generator<PeerCounters> {
    yield* this.#byAddress.values();
    if (this.#others.sent > 0 || this.#others.received > 0) yield this.#others;
  }

  #add(address: string): PeerCounters {
    if (this.#byAddress.size >= PEERS_MAX) return this.#others;
    const peer = newPeer(address);
    this.#byAddress.set(address, peer);
    return peer;
  }
}

function newPeer(address: string): PeerCounters {
  return {
    address,
    sent: 0,
    sentBytes: 0,
    sentTuples: 0,
    received: 0,
    receivedBytes: 0,
    receivedTuples: 0,
    heardAt: undefined,
  };
}
