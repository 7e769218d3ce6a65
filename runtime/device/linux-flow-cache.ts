/**
 * JavaScript side of the flow cache (native/flow-cache.c), between the TUN device and the UDP socket of a node.
 *
 * linux-tun.ts and native-datagrams.ts ask `isRecording` in each read cycle; if it is true they process the read cycle within `record`. The
 * recorder, which the node installs, compares counters before and after the run. If the run is cacheable, `record` marks it, and the addon
 * stores an entry. Hits bypass JavaScript; the addon counts them in shared memory, and `countHits` adds them to the counters of the node
 * whenever somebody reads these.
 */
import { FLOW_CACHE, type TunHandle, type UdpHandle } from "../../native/index.ts";
import type { RecordedRun, FlowCache, FlowCacheHits } from "../world/world.ts";

const NS_PER_SECOND = 1e9;

/** Number of entries for packets of the device. As many entries for datagrams follow them. */
const ENTRIES: number = (FLOW_CACHE.counts - 1) / 4;

/** Reasons to block the cache, as bits of one word. */
const BLOCK_REASONS = { steps: 1, datagrams: 2, observers: 4 } as const;

export class LinuxFlowCache implements FlowCache {
  readonly #words: Uint32Array = new Uint32Array(FLOW_CACHE.words);
  readonly #counts: Float64Array = new Float64Array(FLOW_CACHE.counts);
  /** The run that each entry repeats, by index. */
  readonly #runs: (RecordedRun | undefined)[] = [];
  readonly #hits = { sent: 0, delivered: 0 };
  #tun: TunHandle | undefined;
  #udp: UdpHandle | undefined;
  #beginRun: (() => () => RecordedRun | undefined) | undefined;

  setRecorder(beginRun: () => () => RecordedRun | undefined): void {
    this.#beginRun = beginRun;
  }

  flush(): void {
    this.#words[FLOW_CACHE.epoch] = (this.#words[FLOW_CACHE.epoch] as number) + 1;
  }

  block(why: keyof typeof BLOCK_REASONS, isBlocked: boolean): void {
    const blocked = this.#words[FLOW_CACHE.blocked] as number;
    this.#words[FLOW_CACHE.blocked] = isBlocked ? blocked | BLOCK_REASONS[why] : blocked & ~BLOCK_REASONS[why];
  }

  countHits(): void {
    for (let entry = 0; entry < 2 * ENTRIES; entry++) this.#countHits(entry);
  }

  get hits(): FlowCacheHits {
    this.countHits();
    return { ...this.#hits };
  }

  /** Attaches one end. The addon creates the cache when both ends are attached. */
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

  /** Whether the addon wants the current read cycle recorded. */
  isRecording(): boolean {
    return this.#words[FLOW_CACHE.recording] !== 0;
  }

  /** Processes a read cycle. If the recorder returns a recorded run, the addon will cache it. */
  record(process: () => boolean): boolean {
    const number = this.#words[FLOW_CACHE.recording] as number;
    const end = this.#beginRun?.();
    const hasBacklog = process();
    const recorded = end?.();
    if (recorded !== undefined) this.#store(number, recorded);
    return hasBacklog;
  }

  /** Marks the run, so that the addon stores it. First counts the hits so far, which belong to the run that the entry held before. */
  #store(number: number, run: RecordedRun): void {
    this.#countHits(number - 1);
    this.#runs[number - 1] = run;
    this.#counts[0] = now() + run.validFor * NS_PER_SECOND;
    this.#words[FLOW_CACHE.recorded] = number;
  }

  #countHits(entry: number): void {
    const at = 1 + 2 * entry;
    const times = this.#counts[at] as number;
    if (times === 0) return;
    this.#counts[at] = 0;
    this.#runs[entry]?.addHits(times, (now() - (this.#counts[at + 1] as number)) / NS_PER_SECOND);
    this.#hits[entry < ENTRIES ? "sent" : "delivered"] += times;
  }
}

/** Returns the time of the monotonic clock that the addon uses, in nanoseconds. */
function now(): number {
  return Number(process.hrtime.bigint());
}
