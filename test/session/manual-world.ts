import type { Clock, Datagram, DatagramCounters, Datagrams, Timer, World } from "../../runtime/world/world.ts";

interface Waiting {
  readonly time: number;
  readonly fire: () => void;
}

/** Clock that only the test advances. */
export class ManualClock implements Clock {
  #now = 0;
  #waiting: Waiting[] = [];

  now(): number {
    return this.#now;
  }

  at(time: number, fire: () => void): Timer {
    const waiting = { time, fire };
    this.#waiting.push(waiting);
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
      },
    };
  }

  soon(fire: () => void): void {
    this.at(this.#now, fire);
  }

  /** Advances the clock and fires due timers in order. */
  advance(seconds: number): void {
    const end = this.#now + seconds;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.time);
      next.fire();
    }
    this.#now = end;
  }

  #next(end: number): Waiting | undefined {
    const due = this.#waiting.filter((one) => one.time <= end);
    return due.reduce<Waiting | undefined>(
      (first, one) => (first === undefined || one.time < first.time ? one : first),
      undefined,
    );
  }
}

/** Network whose datagrams the test delivers. */
export class ManualDatagrams implements Datagrams {
  readonly address: string;
  readonly maxPayload = 1452;
  readonly counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  readonly sent: { readonly to: string; readonly bytes: Uint8Array }[] = [];
  /** Traffic classes of the packets in `sent`. */
  readonly trafficClasses: number[] = [];
  #receive: (datagram: Datagram) => void = () => undefined;

  constructor(address: string) {
    this.address = address;
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    this.#receive = receive;
  }

  send(to: string, bytes: Uint8Array, trafficClass: number = 0): void {
    this.sent.push({ to, bytes });
    this.trafficClasses.push(trafficClass);
  }

  /** Delivers a datagram, or a train of them, to the node. */
  deliver(bytes: Uint8Array, from: string, trafficClass: number = 0): void {
    this.#receive({ bytes, from, trafficClass });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export function manualWorld(
  address: string,
): World & { readonly clock: ManualClock; readonly datagrams: ManualDatagrams } {
  return { clock: new ManualClock(), seed: 1, datagrams: new ManualDatagrams(address), devices: [] };
}
