import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Clock, Datagram, DatagramCounters, Datagrams, SendQueue, Timer } from "../world/world.ts";

/** What a link does to the datagrams that are sent over it. Chances are from 0 to 1, times in seconds. */
export interface Faults {
  readonly loss?: number;
  readonly duplicate?: number;
  readonly delay?: number;
  /** The delay varies evenly by up to this much, either way; datagrams stay in order all the same. */
  readonly jitter?: number;
  /** The chance of a datagram to be held back by `holdBack`, so that later ones overtake it. */
  readonly reorder?: number;
  readonly holdBack?: number;
}

/** How many datagrams met which fault. */
export interface FaultCounters {
  lost: number;
  duplicated: number;
  heldBack: number;
}

interface Departure {
  readonly time: number;
  readonly to: string;
  readonly bytes: Uint8Array;
}

const HOLD_BACK_SECONDS = 0.01;

/**
 * Datagrams with a bad link in front of them. The faults fall on what is sent; wrap both ends for both directions. The
 * same seed and the same sends meet the same faults.
 */
export class FaultyDatagrams implements Datagrams {
  readonly faults: FaultCounters = { lost: 0, duplicated: 0, heldBack: 0 };
  readonly #inner: Datagrams;
  readonly #clock: Clock;
  readonly #faults: Required<Faults>;
  readonly #random: () => number;
  /** By time of departure, and in the order of sending where that is the same. */
  readonly #departures: Departure[] = [];
  #lastInOrder = 0;
  #timer: Timer | undefined;

  constructor(inner: Datagrams, clock: Clock, faults: Faults, seed: number) {
    const generator = xoroshiro128plus(seed);
    const none = { loss: 0, duplicate: 0, delay: 0, jitter: 0, reorder: 0, holdBack: HOLD_BACK_SECONDS };
    this.#inner = inner;
    this.#clock = clock;
    this.#faults = { ...none, ...faults };
    this.#random = () => uniformFloat64(generator);
  }

  get address(): string {
    return this.#inner.address;
  }

  get maxPayload(): number {
    return this.#inner.maxPayload;
  }

  get counters(): DatagramCounters {
    return this.#inner.counters;
  }

  get queue(): SendQueue | undefined {
    return this.#inner.queue;
  }

  refusal(to: string): string | undefined {
    return this.#inner.refusal?.(to);
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    this.#inner.onDatagram(receive);
  }

  send(to: string, bytes: Uint8Array): void {
    if (this.#meets(this.#faults.loss, "lost")) return;
    if (this.#meets(this.#faults.duplicate, "duplicated")) this.#schedule(to, bytes);
    this.#schedule(to, bytes);
  }

  /** What is still on its way is lost. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#departures.length = 0;
    await this.#inner.close();
  }

  /** Draws in any case, so that one chance does not shift the draws of the others. */
  #meets(chance: number, counter: keyof FaultCounters): boolean {
    const met = this.#random() < chance;
    if (met) this.faults[counter]++;
    return met;
  }

  #schedule(to: string, bytes: Uint8Array): void {
    const time = this.#departureTime();
    if (time <= this.#clock.now() && this.#departures.length === 0) return this.#inner.send(to, bytes);
    const after = this.#departures.findLastIndex((departure) => departure.time <= time) + 1;
    this.#departures.splice(after, 0, { time, to, bytes });
    if (after === 0) this.#wake();
  }

  #departureTime(): number {
    const { delay, jitter, reorder, holdBack } = this.#faults;
    const delayed = this.#clock.now() + Math.max(0, delay + jitter * (2 * this.#random() - 1));
    if (this.#meets(reorder, "heldBack")) return delayed + holdBack;
    this.#lastInOrder = Math.max(this.#lastInOrder, delayed);
    return this.#lastInOrder;
  }

  #wake(): void {
    this.#timer?.cancel();
    const next = this.#departures[0];
    this.#timer = next && this.#clock.at(next.time, () => this.#depart());
  }

  #depart(): void {
    const now = this.#clock.now();
    const waiting = this.#departures.findIndex((departure) => departure.time > now);
    const due = this.#departures.splice(0, waiting < 0 ? this.#departures.length : waiting);
    for (const { to, bytes } of due) this.#inner.send(to, bytes);
    this.#wake();
  }
}
