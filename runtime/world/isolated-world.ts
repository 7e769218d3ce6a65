import type { Clock, DatagramCounters, Datagrams, Timer, World } from "./world.ts";

/** World without a network, at a fixed time: nothing arrives, and timers never fire. Sent datagrams are counted and discarded. */
export class IsolatedWorld implements World {
  readonly clock: FixedClock;
  readonly seed: number;
  readonly datagrams: Datagrams;
  readonly devices: readonly never[] = [];

  constructor(address: string, now: number, seed: number) {
    this.clock = new FixedClock(now);
    this.datagrams = discardingDatagrams(address);
    this.seed = seed;
  }
}

class FixedClock implements Clock {
  readonly #now: number;
  readonly #pending: (() => void)[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  at(): Timer {
    return { cancel: () => undefined };
  }

  soon(fire: () => void): void {
    this.#pending.push(fire);
  }

  /** Runs the callbacks of `soon` until none is pending. */
  runPending(): void {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) next();
  }
}

function discardingDatagrams(address: string): Datagrams {
  const counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  return {
    address,
    maxPayload: 1452,
    counters,
    onDatagram: () => undefined,
    send: (_, bytes) => {
      counters.sent++;
      counters.sentBytes += bytes.length;
    },
    close: () => Promise.resolve(),
  };
}
