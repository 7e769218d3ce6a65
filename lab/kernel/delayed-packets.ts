import { destinationText, readHeader, sourceText } from "../../runtime/ip/ip-packet.ts";
import { Calendar } from "../../runtime/sim/calendar.ts";
import { type Faults, SimLink } from "../../runtime/sim/sim-link.ts";
import { streamOf } from "../../runtime/world/random.ts";
import type { Clock, Timer, Device } from "../../runtime/world/world.ts";

/** Faults of one direction between two hosts, given by their IP addresses. */
export interface FaultyDirection {
  readonly from: string;
  readonly to: string;
  readonly faults: Faults;
}

/**
 * Link emulation in user space. Each packet read from a TUN device is written back after the delay of its link, twice, or not at
 * all. The decisions come from `SimLink`, as in the simulator. A packet of an unknown link is written back at once.
 */
export class DelayedPackets {
  readonly #tun: Device;
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #links = new Map<string, SimLink>();
  readonly #calendar = new Calendar<Uint8Array>();
  #timer: Timer | undefined;
  #timerTime = Infinity;

  constructor(tun: Device, clock: Clock, directions: readonly FaultyDirection[], seed: number) {
    this.#tun = tun;
    this.#clock = clock;
    this.#seed = seed;
    this.change(directions);
    tun.onPacket((packet) => this.#delay(packet));
  }

  /** Replaces the links. Packets in flight keep their arrival times. */
  change(directions: readonly FaultyDirection[]): void {
    const removed = new Set(this.#links.keys());
    for (const { from, to, faults } of directions) {
      const key = `${from} ${to}`;
      removed.delete(key);
      const known = this.#links.get(key);
      if (known === undefined) this.#links.set(key, new SimLink(0, 0, faults, streamOf(this.#seed, `link ${key}`)));
      else known.change(faults);
    }
    for (const key of removed) this.#links.delete(key);
  }

  #delay(packet: Uint8Array): void {
    const header = readHeader(packet);
    if (header === undefined) return;
    const link = this.#links.get(`${sourceText(packet, header)} ${destinationText(packet, header)}`);
    if (link === undefined) return this.#tun.write(packet);
    if (link.drawsLoss()) return;
    // The device reuses its buffer.
    const copy = packet.slice(0, header.length);
    this.#add(link, copy);
    if (link.drawsDuplicate()) this.#add(link, copy);
    this.#release();
  }

  #add(link: SimLink, packet: Uint8Array): void {
    this.#calendar.add(link.arrival(this.#clock.now(), link.drawsHoldBack()), packet);
  }

  /** Writes back the packets that are due and sets the timer for the next one. */
  #release(): void {
    const now = this.#clock.now();
    while (this.#calendar.nextTime <= now) {
      const packet = this.#calendar.take();
      if (packet !== undefined) this.#tun.write(packet);
    }
    const next = this.#calendar.nextTime;
    if (next === this.#timerTime) return;
    this.#timer?.cancel();
    this.#timerTime = next;
    this.#timer = next === Infinity ? undefined : this.#clock.at(next, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timerTime = Infinity;
    this.#release();
  }
}
