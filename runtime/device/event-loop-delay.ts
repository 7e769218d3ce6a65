import { monitorEventLoopDelay } from "node:perf_hooks";
import type { EventLoop } from "../world/world.ts";

type DelayHistogram = ReturnType<typeof monitorEventLoopDelay>;

/**
 * Interval between samples, which the values of the histogram contain. The two windows need two timers: they cost an idle node
 * half a percent of a core at 20 ms, and one percent at 10 ms.
 */
const RESOLUTION_MS = 20;
const WINDOW_MS = 10_000;

/**
 * Delay of the event loop over the last 10 to 20 seconds. Two windows overlap: the older one is reported, and replaced by the
 * younger one every 10 seconds. Sampling starts with the first call of `delay`.
 */
export class EventLoopDelay implements EventLoop {
  #older: DelayHistogram | undefined;
  #younger: DelayHistogram | undefined;
  #timer: NodeJS.Timeout | undefined;

  delay(): ReturnType<EventLoop["delay"]> {
    this.#older ??= this.#watch();
    const { mean, max } = this.#older;
    const p99 = this.#older.percentile(99);
    return { mean: delaySeconds(mean), p99: delaySeconds(p99), max: delaySeconds(max) };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#older?.disable();
    this.#younger?.disable();
  }

  #watch(): DelayHistogram {
    this.#timer = setInterval(() => this.#shift(), WINDOW_MS).unref();
    return started();
  }

  #shift(): void {
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

/** Delay in seconds beyond the sampling interval; 0 for the mean of an empty histogram, which is NaN. */
function delaySeconds(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3) : 0;
}
