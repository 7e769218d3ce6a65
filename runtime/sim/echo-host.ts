import type { Clock, Timer } from "../world/world.ts";
import { type Echo, readEcho, writeEcho } from "./icmp-echo.ts";
import { SimTun } from "./sim-tun.ts";

/** Report of a running ping. Times are seconds of the clock; sequence numbers start at 1. */
export type PingReport =
  | { readonly kind: "reply"; readonly sequence: number; readonly sentAt: number; readonly at: number }
  /** The request was unanswered when the next one was sent. A reply may still arrive. */
  | { readonly kind: "missing"; readonly sequence: number; readonly sentAt: number; readonly at: number };

const PAYLOAD_BYTES = 56;
const SEQUENCES = 1 << 16;

/**
 * Model of the kernel of a simulated host, as much as `ping` needs: it answers echo requests that a node writes to the TUN
 * device, and sends its own through it. It outlives the node that reads the device.
 */
export class EchoHost {
  readonly address: string;
  readonly #clock: Clock;
  readonly #pings: Ping[] = [];
  #tun: SimTun | undefined;

  /** `address` is IPv4. */
  constructor(address: string, clock: Clock) {
    this.address = address;
    this.#clock = clock;
  }

  /** Opens a device for a node that starts. A device opened before gets no packets any more. */
  openTun(mtu: number, clock: Clock): SimTun {
    this.#tun = new SimTun("mosaic0", mtu, clock, (packet) => this.#take(packet));
    return this.#tun;
  }

  /** Removes the device of a node that has stopped. */
  closeTun(): void {
    this.#tun = undefined;
  }

  /** Sends an echo request now and then every `interval` seconds. */
  ping(destination: string, interval: number, report: (report: PingReport) => void): Ping {
    const identifier = this.#pings.length + 1;
    const send = (sequence: number): void =>
      this.#send({ kind: "request", destination, identifier, sequence, source: this.address, payload: PAYLOAD });
    const ping = new Ping(this.#clock, interval, send, report);
    this.#pings.push(ping);
    return ping;
  }

  #take(packet: Uint8Array): void {
    const echo = readEcho(packet);
    if (echo === undefined || echo.destination !== this.address) return;
    if (echo.kind === "reply") this.#pings[echo.identifier - 1]?.answered(echo.sequence);
    else this.#send({ ...echo, kind: "reply", source: this.address, destination: echo.source });
  }

  #send(echo: Echo): void {
    this.#tun?.deliver(writeEcho(echo));
  }
}

const PAYLOAD = Uint8Array.from({ length: PAYLOAD_BYTES }, (_, at) => at);

interface EchoRequest {
  readonly sequence: number;
  readonly sentAt: number;
}

/** A running `ping`. */
class Ping {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #send: (sequence: number) => void;
  readonly #report: (report: PingReport) => void;
  /** Unanswered requests, by the 16 bits of their sequence number that the packet carries. */
  readonly #unanswered = new Map<number, EchoRequest>();
  readonly #startedAt: number;
  #sent = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, interval: number, send: (sequence: number) => void, report: (report: PingReport) => void) {
    this.#clock = clock;
    this.#interval = interval;
    this.#send = send;
    this.#report = report;
    this.#startedAt = clock.now();
    this.#timer = clock.at(this.#startedAt, () => this.#next());
  }

  get sent(): number {
    return this.#sent;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  answered(sequence: number): void {
    const request = this.#unanswered.get(sequence);
    if (request === undefined) return;
    this.#unanswered.delete(sequence);
    this.#report({ kind: "reply", ...request, at: this.#clock.now() });
  }

  #next(): void {
    const at = this.#clock.now();
    const previous = this.#unanswered.get(this.#sent % SEQUENCES);
    if (previous !== undefined) this.#report({ kind: "missing", ...previous, at });
    this.#sent++;
    this.#unanswered.set(this.#sent % SEQUENCES, { sequence: this.#sent, sentAt: at });
    this.#send(this.#sent % SEQUENCES);
    this.#timer = this.#clock.at(this.#startedAt + this.#sent * this.#interval, () => this.#next());
  }
}
