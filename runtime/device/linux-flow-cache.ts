import { FLOW_CACHE, type TunHandle, type UdpHandle } from "../../native/index.ts";
import type { RecordedRun, FlowCache, FlowCacheHits } from "../world/world.ts";

const NS = 1e9;

/** How many numbers are of packets of the device; the others are of datagrams. */
const ENTRIES: number = (FLOW_CACHE.counts - 1) / 4;

/** Why nothing may go this way, as bits. */
const OBSTACLES = { steps: 1, datagrams: 2, observers: 4 } as const;

/** Between a TUN device and a UDP socket of this process, once both are open. */
export class LinuxFlowCache implements FlowCache {
  readonly #words: Uint32Array = new Uint32Array(FLOW_CACHE.words);
  readonly #counts: Float64Array = new Float64Array(FLOW_CACHE.counts);
  /** What goes by a number does as this did. */
  readonly #runs: (RecordedRun | undefined)[] = [];
  readonly #hits = { sent: 0, delivered: 0 };
  #tun: TunHandle | undefined;
  #udp: UdpHandle | undefined;
  #beginRun: (() => () => RecordedRun | undefined) | undefined;

  setRecorder(begin: () => () => RecordedRun | undefined): void {
    this.#beginRun = begin;
  }

  flush(): void {
    this.#words[FLOW_CACHE.epoch] = (this.#words[FLOW_CACHE.epoch] as number) + 1;
  }

  block(why: keyof typeof OBSTACLES, isBlocked: boolean): void {
    const blocked = this.#words[FLOW_CACHE.blocked] as number;
    this.#words[FLOW_CACHE.blocked] = isBlocked ? blocked | OBSTACLES[why] : blocked & ~OBSTACLES[why];
  }

  countHits(): void {
    for (let entry = 0; entry < 2 * ENTRIES; entry++) this.#countHits(entry);
  }

  get hits(): FlowCacheHits {
    this.countHits();
    return { ...this.#hits };
  }

  /** One of the ends; where there is one of each, they are joined. */
  attachTun(tun: TunHandle): void {
    this.#tun = tun;
    this.#attach();
  }

  attachUdp(udp: UdpHandle): void {
    this.#udp = udp;
    this.#attach();
  }

  #attach(): void {
    if (this.#tun !== undefined && this.#udp !== undefined) this.#tun.flowCache(this.#udp, this.#words, this.#counts);
  }

  /** Whether the wake under way brings a packet of which it is worth while to learn what becomes of it. */
  isRecording(): boolean {
    return this.#words[FLOW_CACHE.recording] !== 0;
  }

  /** Lets the packet pass, and remembers what that did, where the node says that it may be. */
  record(pass: () => boolean): boolean {
    const number = this.#words[FLOW_CACHE.recording] as number;
    const end = this.#beginRun?.();
    const hasBacklog = pass();
    const recorded = end?.();
    if (recorded !== undefined) this.#store(number, recorded);
    return hasBacklog;
  }

  #store(number: number, pass: RecordedRun): void {
    this.#countHits(number - 1);
    this.#runs[number - 1] = pass;
    this.#counts[0] = now() + pass.validFor * NS;
    this.#words[FLOW_CACHE.recorded] = number;
  }

  #countHits(entry: number): void {
    const at = 1 + 2 * entry;
    const times = this.#counts[at] as number;
    if (times === 0) return;
    this.#counts[at] = 0;
    this.#runs[entry]?.addHits(times, (now() - (this.#counts[at + 1] as number)) / NS);
    this.#hits[entry < ENTRIES ? "sent" : "delivered"] += times;
  }
}

function now(): number {
  return Number(process.hrtime.bigint());
}
