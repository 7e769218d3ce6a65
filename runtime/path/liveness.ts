import type { PeerCounters, PeerTraffic } from "../observe/peer-counters.ts";
import type { Clock, Datagrams } from "../world/world.ts";
import type { PathSizes } from "./path-sizes.ts";

/** Number of datagrams without a datagram from the peer after which the peer is asked. */
const MIN_UNANSWERED = 3;
/** Time since the last datagram of a peer before which it is not asked. */
const QUIET_SECONDS = 1;
const SECONDS_BETWEEN_CHECKS = 5;
/** Number of probes of a check, and the time between them: one may be lost. */
const PROBES = 3;
const SECONDS_BETWEEN_PROBES = 1;

/**
 * Checks whether a peer that gets datagrams and sends none is alive. Most messages need no answer from their receiver, which delivers a
 * packet or forwards a call. Each node answers a path probe, so only an unanswered probe shows that a peer is silent. Then its name may
 * have another address, so `Datagrams` resolves it again.
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
    const isQuiet = now - (this.#receivedAt(peer) ?? -Infinity) >= QUIET_SECONDS;
    if (!isQuiet || now - (peer.checkedAt ?? -Infinity) < SECONDS_BETWEEN_CHECKS) return;
    peer.checkedAt = now;
    if (!this.#isAwaited(peer)) peer.askedAt = now;
    // The step may be recorded for the flow cache, and a probe is not part of it.
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

  /** Datagrams from a peer that is known by a name are counted at its numeric address. */
  #receivedAt(peer: PeerTraffic): number | undefined {
    const numeric = this.#datagrams.numeric?.(peer.address) ?? peer.address;
    return this.#peers.known(numeric)?.receivedAt ?? peer.receivedAt;
  }
}
