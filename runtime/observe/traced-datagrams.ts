import { ownedBytes, segmentsOf } from "../plan/values/train.ts";
import { type DatagramTrain, datagramsOf } from "../wire/datagram-train.ts";
import type {
  Clock,
  Datagram,
  DatagramCounters,
  DatagramOffload,
  Datagrams,
  ReadCycles,
  SendQueue,
} from "../world/world.ts";

/** Datagram that was sent to or received from `peer` (`host:port`). */
export interface Crossing {
  readonly time: number;
  readonly way: "sent" | "received";
  readonly peer: string;
  readonly bytes: Uint8Array;
}

/** Wraps Datagrams and passes each datagram to `record` before it is sent, or before it is handed to the node. */
export class TracedDatagrams implements Datagrams {
  readonly #inner: Datagrams;
  readonly #clock: Clock;
  readonly #record: (crossing: Crossing) => void;
  readonly probe?: (to: string, bytes: Uint8Array) => boolean;
  readonly unanswered?: (to: string) => void;

  constructor(inner: Datagrams, clock: Clock, record: (crossing: Crossing) => void) {
    this.#inner = inner;
    this.#clock = clock;
    this.#record = record;
    if (inner.unanswered !== undefined) this.unanswered = (to): void => inner.unanswered?.(to);
    if (inner.probe === undefined) return;
    this.probe = (to, bytes): boolean => {
      this.#note("sent", to, bytes);
      return inner.probe?.(to, bytes) ?? false;
    };
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

  numeric(to: string): string | undefined {
    return this.#inner.numeric?.(to);
  }

  unfragmented(to: string): number | undefined {
    return this.#inner.unfragmented?.(to);
  }

  get offload(): DatagramOffload | undefined {
    return this.#inner.offload;
  }

  get readCycles(): ReadCycles | undefined {
    return this.#inner.readCycles;
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    this.#inner.onDatagram((datagram) => {
      for (const segment of segmentsOf(datagram.bytes)) this.#note("received", datagram.from, ownedBytes(segment));
      receive(datagram);
    });
  }

  send(to: string, bytes: Uint8Array, trafficClass?: number): void {
    this.#note("sent", to, bytes);
    this.#inner.send(to, bytes, trafficClass);
  }

  sendTrain(to: string, train: DatagramTrain, trafficClass?: number): void {
    const datagrams = datagramsOf(train);
    for (const bytes of datagrams) this.#note("sent", to, bytes);
    if (this.#inner.sendTrain !== undefined) return this.#inner.sendTrain(to, train, trafficClass);
    for (const bytes of datagrams) this.#inner.send(to, bytes, trafficClass);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  #note(way: Crossing["way"], peer: string, bytes: Uint8Array): void {
    this.#record({ time: this.#clock.now(), way, peer, bytes });
  }
}
