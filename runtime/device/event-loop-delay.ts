import { monitorEventLoopDelay } from "node:perf_hooks";
import type { EventLoop } from "../world/world.ts";

type DelayHistogram = ReturnType<typeof monitorEventLoopDelay>;

/**
 * Interval between samples. Every value of the histogram includes this interval. The timers of the two windows together cost an idle node
 * half a percent of a core at 20 ms, and one percent at 10 ms.
 */
const RESOLUTION_MS = 20;
const WINDOW_MS = 10_000;

/**
 * Delay of the event loop over the last 10 to 20 seconds. Two windows overlap: `delay` reports the older one, and every 10 seconds the
 * younger one takes its place. Sampling starts with the first call of `delay`.
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

/** Returns the delay beyond the sampling interval, in seconds. The mean of an empty histogram is NaN and gives 0. */
function delaySeconds(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3) : 0;
}
