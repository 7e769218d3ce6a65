import type { PathMetrics } from "../observe/metrics-snapshot.ts";
import type { Clock, Datagrams } from "../world/world.ts";
import { Path, type PathChange } from "./path.ts";
import { pathCandidates } from "./path-candidates.ts";
import {
  answerOf,
  NONCE_END,
  NONCE_MIN,
  nonceIn,
  PROBE,
  PROBE_MAX,
  PROBE_MIN,
  PROBED,
  probeOf,
} from "./probe-message.ts";

/** Largest number of paths. Destinations come from tuples too, so their number must be bounded. */
const PATHS_MAX = 1024;
/** Seconds after which the answer to a probe is ignored. */
const ANSWER_SECONDS = 10;

interface PendingProbe {
  /** Undefined for a probe that asks only for an answer. */
  readonly path: Path | undefined;
  readonly size: number;
  readonly at: number;
}

export interface PathSizesOptions {
  readonly clock: Clock;
  readonly datagrams: Datagrams;
  /** Unpredictable random number in [0, 1). */
  readonly random: () => number;
  /** Called with a message for the log when the size for a destination has changed. */
  readonly changed: (message: string) => void;
}

/**
 * Longest datagram by destination. NetworkOut calls `payload` once per destination and step; NetworkIn passes probes and answers to
 * `receive`. If the world has no probes, every path carries `maxPayload` bytes.
 */
export class PathSizes {
  readonly counters: { -readonly [Count in keyof PathMetrics]: number } = {
    asked: 0,
    answered: 0,
    answers: 0,
    stray: 0,
    changes: 0,
  };
  readonly #options: PathSizesOptions;
  readonly #ceiling: number;
  readonly #paths = new Map<string, Path>();
  /** Probes without an answer, by nonce, the oldest first. */
  readonly #pending = new Map<number, PendingProbe>();

  constructor(options: PathSizesOptions) {
    this.#options = options;
    this.#ceiling = options.datagrams.maxPayload;
  }

  /** Returns the length of the longest datagram that may be sent to a destination now. */
  payload(to: string): number {
    return this.#paths.get(to)?.payload ?? this.#ceiling;
  }

  /** Counts datagrams sent to a destination that are longer than `MIN_PATH_PAYLOAD`. */
  countSent(to: string, count: number): void {
    if (this.#options.datagrams.probe !== undefined) (this.#paths.get(to) ?? this.#add(to))?.countSent(count);
  }

  /** Sends a probe of the least size, which the destination answers if a node runs there. */
  ask(to: string): void {
    if (this.#options.datagrams.probe !== undefined) this.#probe(to, undefined, PROBE_MIN);
    else this.#options.datagrams.send(to, this.#newProbe(undefined, PROBE_MIN));
  }

  /** Handles a tuple that is a probe or an answer. Returns false for any other tuple. */
  receive(hash: number, bytes: Uint8Array, start: number, end: number, from: string): boolean {
    if (hash !== PROBE && hash !== PROBED) return false;
    const nonce = nonceIn(hash, bytes, start, end);
    if (nonce === undefined) this.counters.stray++;
    else if (hash === PROBED) this.#handleAnswer(nonce);
    else this.#sendAnswer(nonce, from);
    return true;
  }

  stop(): void {
    for (const path of this.#paths.values()) path.stop();
    this.#paths.clear();
    this.#pending.clear();
  }

  #sendAnswer(nonce: number, from: string): void {
    this.counters.answers++;
    this.#options.datagrams.send(from, answerOf(nonce));
  }

  #handleAnswer(nonce: number): void {
    const probe = this.#pending.get(nonce);
    if (probe === undefined) {
      this.counters.stray++;
      return;
    }
    this.counters.answered++;
    this.#pending.delete(nonce);
    probe.path?.answered(probe.size, this.#options.clock.now() - probe.at);
  }

  #add(to: string): Path | undefined {
    if (this.#paths.size >= PATHS_MAX && !this.#dropIdlePath()) return undefined;
    const candidates = pathCandidates(to, this.#ceiling).filter((size) => size >= PROBE_MIN && size <= PROBE_MAX);
    if (candidates.length === 0) return undefined;
    const path: Path = new Path(candidates, {
      clock: this.#options.clock,
      probe: (size) => this.#probe(to, path, size),
      changed: (change) => this.#changed(to, change),
    });
    this.#paths.set(to, path);
    return path;
  }

  #changed(to: string, change: PathChange): void {
    this.counters.changes++;
    this.#options.changed(messageOf(to, change));
  }

  #dropIdlePath(): boolean {
    for (const [to, path] of this.#paths) if (path.isIdle) return this.#paths.delete(to);
    return false;
  }

  #probe(to: string, path: Path | undefined, size: number): boolean {
    return this.#options.datagrams.probe?.(to, this.#newProbe(path, size)) ?? false;
  }

  #newProbe(path: Path | undefined, size: number): Uint8Array {
    const at = this.#options.clock.now();
    const nonce = NONCE_MIN + Math.floor(this.#options.random() * (NONCE_END - NONCE_MIN));
    this.#dropOldProbes(at);
    this.#pending.set(nonce, { path, size, at });
    this.counters.asked++;
    return probeOf(nonce, size);
  }

  #dropOldProbes(now: number): void {
    for (const [nonce, { at }] of this.#pending) {
      if (now - at < ANSWER_SECONDS) return;
      this.#pending.delete(nonce);
    }
  }
}

function messageOf(to: string, { before, now, why }: PathChange): string {
  if (why === "grown") return `${to}: datagrams of up to ${now} bytes again: the path carries more than ${before}`;
  const reason = why === "refused" ? "the interface refuses longer ones" : "the path drops longer ones";
  return `${to}: datagrams of at most ${now} bytes instead of ${before}: ${reason}`;
}
