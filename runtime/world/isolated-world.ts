import type { Clock, DatagramCounters, Datagrams, Timer, World } from "./world.ts";

/** A node alone, at one moment: nothing arrives, and no timer ever rings. What it sends is counted, and lost. */
export class IsolatedWorld implements World {
  readonly clock: FixedClock;
  readonly seed: number;
  readonly datagrams: Datagrams;
  readonly tun = undefined;

  constructor(address: string, now: number, seed: number) {
    this.clock = new FixedClock(now);
    this.datagrams = discardingDatagrams(address);
    this.seed = seed;
  }
}

class FixedClock implements Clock {
  readonly #now: number;
  readonly #waiting: (() => void)[] = [];

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
    this.#waiting.push(fire);
  }

  /** Runs what waits for its turn, until nothing does. */
  runPending(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
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
