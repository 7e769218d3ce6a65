import { setFlagsFromString } from "node:v8";

/** V8 waits for 3000 calls, and for 500 after it has seen something new: at a few packets a second, for minutes. */
const CALLS = 100;
const CALLS_AFTER_NEWS = 60;

/** The V8 that these flags were tried with. Another would complain on stderr of those that it does not know. */
const TRIED = /^13\./;

/**
 * From now on functions are compiled once they have been called a few dozen times, and at once as well as it can be done:
 * what a packet runs through must be short, for little of it is still in the caches when the packet before was a while ago. A packet
 * that has to pass code which is interpreted takes half a millisecond longer, one that passes code which is compiled piece
 * by piece a fifth of one.
 */
export function optimiseEarly(): void {
  for (const flag of flagsFor(process.versions.v8)) setFlagsFromString(flag);
}

/** The flags that a version of V8 is given. */
export function flagsFor(version: string): readonly string[] {
  if (!TRIED.test(version)) return [];
  return [
    "--no-lazy-feedback-allocation",
    "--no-maglev",
    `--invocation-count-for-turbofan=${CALLS}`,
    `--minimum-invocations-after-ic-update=${CALLS_AFTER_NEWS}`,
  ];
}
