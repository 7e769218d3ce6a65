import type { Clock, Datagram, DatagramCounters, Datagrams, Timer } from "../../runtime/world/world.ts";

/** A clock that stands still until it is told to go on. */
export class HandClock implements Clock {
  #now = 0;
  #timers: { readonly time: number; readonly fire: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  at(time: number, fire: () => void): Timer {
    const timer = { time, fire };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  soon(fire: () => void): void {
    this.at(this.#now, fire);
  }

  goTo(time: number): void {
    for (let next = this.#next(time); next !== undefined; next = this.#next(time)) {
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.time);
      next.fire();
    }
    this.#now = time;
  }

  #next(until: number): { readonly time: number; readonly fire: () => void } | undefined {
    return this.#timers.filter((timer) => timer.time <= until).toSorted((a, b) => a.time - b.time)[0];
  }
}

/** Datagrams that go nowhere: what was sent is written down with its time, what arrives is up to the test. */
export class NotedDatagrams implements Datagrams {
  readonly address: string = "10.0.0.1:1";
  readonly maxPayload: number = 1452;
  readonly counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  readonly sent: { readonly time: number; readonly to: string; readonly text: string }[] = [];
  closed = false;
  receive: (datagram: Datagram) => void = () => {};
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    this.receive = receive;
  }

  send(to: string, bytes: Uint8Array): void {
    this.sent.push({ time: this.#clock.now(), to, text: Buffer.from(bytes).toString() });
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
