import type { PeerCounters, PeerTraffic } from "../observe/peer-counters.ts";
import type { Clock, Datagrams } from "../world/world.ts";
import type { PathSizes } from "./path-sizes.ts";

/** Number of datagrams to a peer, without one from it in between, after which a check may start. */
const MIN_UNANSWERED = 3;
/** Least time without a datagram from a peer before a check of the peer starts. */
const QUIET_SECONDS = 1;
const SECONDS_BETWEEN_CHECKS = 5;
/** Number of probes of a check, and the time between two of them. One probe is not enough, because it may be lost. */
const PROBES = 3;
const SECONDS_BETWEEN_PROBES = 1;

/**
 * Checks whether a peer that gets datagrams and sends none is alive. Most messages need no answer, so a peer without traffic may be alive.
 * But each node answers a path probe: if all probes of a check stay unanswered, the peer counts as silent. The name of the peer may have
 * another address by then, so `Datagrams` resolves the name again.
 */
export class Liveness {
  readonly #clock: Clock;
  readonly #datagrams: Datagrams;
  readonly #peers: PeerCounters;
  readonly #paths: PathSizes;
  #isStopped = false;

  constructor(clock: Clock, datagrams: Datagrams, peers: PeerCounters, paths: PathSizes) {
    this.#clock = clock;
    this.#datagrams = datagrams;
    this.#peers = peers;
    this.#paths = paths;
  }

  /** Called for each send to a peer. Starts a check if the peer has been quiet. */
  sent(peer: PeerTraffic): void {
    if (peer.unanswered < MIN_UNANSWERED) return;
    peer.unanswered = 0;
    const canAsk = this.#datagrams.probe !== undefined || this.#datagrams.unanswered !== undefined;
    if (!canAsk || this.#isStopped) return;
    const now = this.#clock.now();
    if (now - (peer.receivedAt ?? -Infinity) < QUIET_SECONDS) return;
    if (now - (peer.checkedAt ?? -Infinity) < SECONDS_BETWEEN_CHECKS) return;
    if (now - (this.#receivedAt(peer) ?? -Infinity) < QUIET_SECONDS) return;
    peer.checkedAt = now;
    if (!this.#isAwaited(peer)) peer.askedAt = now;
    // Later, because the step may be recorded for the flow cache, and the recording must not contain the probe.
    this.#clock.soon(() => this.#ask(peer, PROBES));
  }

  stop(): void {
    this.#isStopped = true;
  }

  #ask(peer: PeerTraffic, probes: number): void {
    if (this.#isStopped || !this.#isAwaited(peer)) return;
    if (probes === 0) return this.#datagrams.unanswered?.(peer.address);
    this.#paths.ask(peer.address);
    this.#clock.at(this.#clock.now() + SECONDS_BETWEEN_PROBES, () => this.#ask(peer, probes - 1));
  }

  /** Whether nothing has come from the peer since the first probe of a check. */
  #isAwaited(peer: PeerTraffic): boolean {
    return peer.askedAt !== undefined && (this.#receivedAt(peer) ?? -Infinity) < peer.askedAt;
  }

  /**
   * Returns the time of the last datagram from a peer. If the node knows the peer by a name, its datagrams are counted at its numeric
   * address.
   */
  #receivedAt(peer: PeerTraffic): number | undefined {
    const numeric = this.#datagrams.numeric?.(peer.address) ?? peer.address;
    return this.#peers.known(numeric)?.receivedAt ?? peer.receivedAt;
  }
}
