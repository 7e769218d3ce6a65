import { setFlagsFromString } from "node:v8";

/** V8 waits for 3000 calls, and for 500 after it has seen something new: at a few packets a second, for minutes. */
const CALLS = 100;
const CALLS_AFTER_NEWS = 60;

/**
 * From now on functions are compiled once they have been called a few dozen times, and at once as well as it can be done:
 * what a packet runs through must be short, for little of it is still in the caches when the packet before was a while ago. A packet
 * that has to pass code which is interpreted takes half a millisecond longer, one that passes code which is compiled piece
 * by piece a fifth of one.
 */
export function optimiseEarly(): void {
  setFlagsFromString("--no-lazy-feedback-allocation");
  setFlagsFromString("--no-maglev");
  setFlagsFromString(`--invocation-count-for-turbofan=${CALLS}`);
  setFlagsFromString(`--minimum-invocations-after-ic-update=${CALLS_AFTER_NEWS}`);
}
