import { destinationText, readHeader, sourceText } from "../../runtime/ip/ip-packet.ts";
import { Calendar } from "../../runtime/sim/calendar.ts";
import { type Faults, SimLink } from "../../runtime/sim/sim-link.ts";
import { streamOf } from "../../runtime/world/random.ts";
import type { Clock, Timer, Tun } from "../../runtime/world/world.ts";

/** The faults of one direction between two hosts, which are named by their IP addresses. */
export interface FaultyDirection {
  readonly from: string;
  readonly to: string;
  readonly faults: Faults;
}

/**
 * The links of a lab in user space: every packet that a device gives is given back to it as late as its link has it, or
 * twice, or not at all. The same links as in the simulator decide. A packet of an unknown link comes back at once.
 */
export class DelayedPackets {
  readonly #tun: Tun;
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #links = new Map<string, SimLink>();
  readonly #calendar = new Calendar<Uint8Array>();
  #timer: Timer | undefined;
  #timerTime = Infinity;

  constructor(tun: Tun, clock: Clock, directions: readonly FaultyDirection[], seed: number) {
    this.#tun = tun;
    this.#clock = clock;
    this.#seed = seed;
    this.change(directions);
    tun.onPacket((packet) => this.#delay(packet));
  }

  /** From now on there are these links; what is under way is not touched. */
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
    // The device uses its buffer again.
    const copy = packet.slice(0, header.length);
    this.#add(link, copy);
    if (link.drawsDuplicate()) this.#add(link, copy);
    this.#release();
  }

  #add(link: SimLink, packet: Uint8Array): void {
    this.#calendar.add(link.arrival(this.#clock.now(), link.drawsHoldBack()), packet);
  }

  /** Gives back what is due and sets the timer for the rest. */
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
