import type { Datagram, DatagramCounters, Datagrams } from "../world/world.ts";
import type { SimNetwork } from "./sim-network.ts";

const UNKNOWN = "unknown destination";
/** Number of unknown addresses that a socket remembers. Bounded, because rules can send to any number of addresses. */
const UNKNOWN_MAX = 1024;

/** A socket that rules opened. It has a port of its own. On the loopback interface only its own host reaches it. */
export interface SimUdpSocket extends SimDatagrams {
  readonly isLoopback: boolean;
}

/** The datagram socket of one run of a simulated host. */
export class SimDatagrams implements Datagrams {
  readonly host: number;
  /** Whether the socket is bound to all addresses of its host. */
  readonly isWildcard: boolean = true;
  /** Changes when the host moves. */
  address: string;
  readonly maxPayload: number;
  readonly counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  readonly #network: SimNetwork;
  /** Addresses that no host had at the last send. */
  readonly #unknown = new Set<string>();
  #receive: ((datagram: Datagram) => void) | undefined;
  #isClosed = false;

  constructor(network: SimNetwork, host: number, address: string, maxPayload: number) {
    this.#network = network;
    this.host = host;
    this.address = address;
    this.maxPayload = maxPayload;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    this.#receive = receive;
  }

  send(to: string, bytes: Uint8Array): void {
    if (this.#isClosed) return this.#fail("closed");
    if (bytes.length > this.maxPayload) return this.#fail("too long");
    if (!this.transmit(to, bytes)) {
      if (this.#unknown.size < UNKNOWN_MAX) this.#unknown.add(to);
      return this.#fail(UNKNOWN);
    }
    this.#unknown.delete(to);
    this.counters.sent++;
    this.counters.sentBytes += bytes.length;
  }

  /** Sends a datagram. Returns false when no host has the address. */
  transmit(to: string, bytes: Uint8Array): boolean {
    return this.#network.send(this, to, bytes);
  }

  refusal(to: string): string | undefined {
    return this.#unknown.has(to) ? UNKNOWN : undefined;
  }

  take(datagram: Datagram): void {
    this.counters.received++;
    this.counters.receivedBytes += datagram.bytes.length;
    this.#receive?.(datagram);
  }

  /** Closes the socket at once, when the host goes down. */
  stop(): void {
    this.#isClosed = true;
  }

  async close(): Promise<void> {
    this.stop();
  }

  #fail(reason: string): void {
    this.counters.failed.set(reason, (this.counters.failed.get(reason) ?? 0) + 1);
  }
}
