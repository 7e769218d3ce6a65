import { monitorEventLoopDelay } from "node:perf_hooks";
import type { EventLoop } from "../world/world.ts";

type DelayHistogram = ReturnType<typeof monitorEventLoopDelay>;

/**
 * How often the delay is sampled; the histogram's values contain it. The two windows are two timers: at 20 ms they wake an
 * idle node for half a percent of a core, at 10 ms for one.
 */
const RESOLUTION_MS = 20;
const WINDOW_MS = 10_000;

/**
 * The delays of this process over the last 10 to 20 seconds. Two windows overlap: the older one answers, and when the
 * younger is long enough to answer, the older begins anew. Nothing is sampled before the first question.
 */
export class EventLoopDelay implements EventLoop {
  #older: DelayHistogram | undefined;
  #younger: DelayHistogram | undefined;
  #timer: NodeJS.Timeout | undefined;

  delay(): ReturnType<EventLoop["delay"]> {
    this.#older ??= this.#watch();
    const { mean, max } = this.#older;
    const p99 = this.#older.percentile(99);
    return { mean: late(mean), p99: late(p99), max: late(max) };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#older?.disable();
    this.#younger?.disable();
  }

  #watch(): DelayHistogram {
    this.#timer = setInterval(() => this.#turn(), WINDOW_MS).unref();
    return started();
  }

  #turn(): void {
    if (this.#younger !== undefined) {
      this.#older?.disable();
      this.#older = this.#younger;
    }
    this.#younger = started();
  }
}

function started(): DelayHistogram {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return histogram;
}

/** An empty histogram has no mean. */
function late(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3) : 0;
}
