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

/** Places come from tuples too, so there is an end to them. */
const PATHS_MAX = 1024;
/** An answer that takes longer says nothing any more. */
const ANSWER_SECONDS = 10;

interface OpenProbe {
  readonly path: Path;
  readonly size: number;
  readonly at: number;
}

export interface PathSizesOptions {
  readonly clock: Clock;
  readonly datagrams: Datagrams;
  /** From 0 up to but without 1; not to be guessed by others. */
  readonly random: () => number;
  /** Told, in words for the user, what was changed for whom and why. */
  readonly changed: (message: string) => void;
}

/** How long datagrams may be, by place. Where the world has no probes, everywhere as long as the world says. */
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
  /** By nonce, the oldest first. */
  readonly #open = new Map<number, OpenProbe>();

  constructor(options: PathSizesOptions) {
    this.#options = options;
    this.#ceiling = options.datagrams.maxPayload;
  }

  /** The longest datagram that may be sent to a place now. */
  payload(to: string): number {
    return this.#paths.get(to)?.payload ?? this.#ceiling;
  }

  /** Datagrams have been sent to a place that are longer than every path carries. */
  countSent(to: string, count: number): void {
    if (this.#options.datagrams.probe !== undefined) (this.#paths.get(to) ?? this.#add(to))?.countSent(count);
  }

  /** What is said about paths; false when it is something else. */
  receive(hash: number, bytes: Uint8Array, start: number, end: number, from: string): boolean {
    if (hash !== PROBE && hash !== PROBED) return false;
    const nonce = nonceIn(hash, bytes, start, end);
    if (nonce === undefined) this.counters.stray++;
    else if (hash === PROBED) this.#answered(nonce);
    else this.#answer(nonce, from);
    return true;
  }

  stop(): void {
    for (const path of this.#paths.values()) path.stop();
    this.#paths.clear();
    this.#open.clear();
  }

  #answer(nonce: number, from: string): void {
    this.counters.answers++;
    this.#options.datagrams.send(from, answerOf(nonce));
  }

  #answered(nonce: number): void {
    const probe = this.#open.get(nonce);
    if (probe === undefined) {
      this.counters.stray++;
      return;
    }
    this.counters.answered++;
    this.#open.delete(nonce);
    probe.path.answered(probe.size, this.#options.clock.now() - probe.at);
  }

  #add(to: string): Path | undefined {
    if (this.#paths.size >= PATHS_MAX && !this.#forgetOne()) return undefined;
    const candidates = pathCandidates(to, this.#ceiling).filter((size) => size >= PROBE_MIN && size <= PROBE_MAX);
    if (candidates.length === 0) return undefined;
    const path: Path = new Path(candidates, {
      clock: this.#options.clock,
      probe: (size) => this.#probe(to, path, size),
      changed: (change) => this.#adapted(to, change),
    });
    this.#paths.set(to, path);
    return path;
  }

  #adapted(to: string, change: PathChange): void {
    this.counters.changes++;
    this.#options.changed(messageOf(to, change));
  }

  #forgetOne(): boolean {
    for (const [to, path] of this.#paths) if (path.isIdle) return this.#paths.delete(to);
    return false;
  }

  #probe(to: string, path: Path, size: number): boolean {
    const at = this.#options.clock.now();
    const nonce = NONCE_MIN + Math.floor(this.#options.random() * (NONCE_END - NONCE_MIN));
    this.#forgetOld(at);
    this.#open.set(nonce, { path, size, at });
    this.counters.asked++;
    return this.#options.datagrams.probe?.(to, probeOf(nonce, size)) ?? false;
  }

  #forgetOld(now: number): void {
    for (const [nonce, { at }] of this.#open) {
      if (now - at < ANSWER_SECONDS) return;
      this.#open.delete(nonce);
    }
  }
}

function messageOf(to: string, { before, now, why }: PathChange): string {
  if (why === "grown") return `${to} gets datagrams of up to ${now} bytes again: its path carries more than ${before}`;
  const reason = why === "refused" ? "the interface takes no longer ones" : "its path swallows longer ones";
  return `${to} gets datagrams of at most ${now} bytes, not ${before}: ${reason}`;
}
