import { setFlagsFromString } from "node:v8";

/** V8 waits for 400 and 500 calls: at a few packets a second, for minutes. */
const CALLS = 60;

/**
 * From now on functions are compiled once they have been called a few dozen times. A packet that has to pass code which is
 * still interpreted takes half a millisecond longer; a compiler that runs for a second would only lose by it.
 */
export function optimiseEarly(): void {
  setFlagsFromString("--no-lazy-feedback-allocation");
  setFlagsFromString(`--invocation-count-for-maglev=${CALLS}`);
  setFlagsFromString(`--minimum-invocations-after-ic-update=${CALLS}`);
}
