import { SHORTCUT, type TunHandle, type UdpHandle } from "../../native/index.ts";
import type { Pass, Shortcuts, ShortcutFigures } from "../world/world.ts";

const NS = 1e9;

/** How many numbers are of packets of the device; the others are of datagrams. */
const SLOTS: number = (SHORTCUT.counts - 1) / 4;

/** Why nothing may go this way, as bits. */
const OBSTACLES = { steps: 1, datagrams: 2, observers: 4 } as const;

/** Between a TUN device and a UDP socket of this process, once both are open. */
export class LinuxShortcuts implements Shortcuts {
  readonly #words: Uint32Array = new Uint32Array(SHORTCUT.words);
  readonly #counts: Float64Array = new Float64Array(SHORTCUT.counts);
  /** What goes by a number does as this did. */
  readonly #passes: (Pass | undefined)[] = [];
  readonly #taken = { sent: 0, delivered: 0 };
  #tun: TunHandle | undefined;
  #udp: UdpHandle | undefined;
  #begin: (() => () => Pass | undefined) | undefined;

  serve(begin: () => () => Pass | undefined): void {
    this.#begin = begin;
  }

  forget(): void {
    this.#words[SHORTCUT.epoch] = (this.#words[SHORTCUT.epoch] as number) + 1;
  }

  block(why: keyof typeof OBSTACLES, isBlocked: boolean): void {
    const blocked = this.#words[SHORTCUT.blocked] as number;
    this.#words[SHORTCUT.blocked] = isBlocked ? blocked | OBSTACLES[why] : blocked & ~OBSTACLES[why];
  }

  settle(): void {
    for (let slot = 0; slot < 2 * SLOTS; slot++) this.#settle(slot);
  }

  get taken(): ShortcutFigures {
    this.settle();
    return { ...this.#taken };
  }

  /** One of the ends; where there is one of each, they are joined. */
  joinTun(tun: TunHandle): void {
    this.#tun = tun;
    this.#join();
  }

  joinUdp(udp: UdpHandle): void {
    this.#udp = udp;
    this.#join();
  }

  #join(): void {
    if (this.#tun !== undefined && this.#udp !== undefined) this.#tun.shortcuts(this.#udp, this.#words, this.#counts);
  }

  /** Whether the wake under way brings a packet of which it is worth while to learn what becomes of it. */
  isLesson(): boolean {
    return this.#words[SHORTCUT.lesson] !== 0;
  }

  /** Lets the packet pass, and remembers what that did, where the node says that it may be. */
  learn(pass: () => boolean): boolean {
    const number = this.#words[SHORTCUT.lesson] as number;
    const end = this.#begin?.();
    const isBehind = pass();
    const done = end?.();
    if (done !== undefined) this.#keep(number, done);
    return isBehind;
  }

  #keep(number: number, pass: Pass): void {
    this.#settle(number - 1);
    this.#passes[number - 1] = pass;
    this.#counts[0] = now() + pass.holds * NS;
    this.#words[SHORTCUT.learnt] = number;
  }

  #settle(slot: number): void {
    const at = 1 + 2 * slot;
    const times = this.#counts[at] as number;
    if (times === 0) return;
    this.#counts[at] = 0;
    this.#passes[slot]?.count(times, (now() - (this.#counts[at + 1] as number)) / NS);
    this.#taken[slot < SLOTS ? "sent" : "delivered"] += times;
  }
}

function now(): number {
  return Number(process.hrtime.bigint());
}
