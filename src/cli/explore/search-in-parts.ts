import { Worker } from "node:worker_threads";
import type { ProgressCounts } from "../../../lab/explorer/outcome.ts";
import { COUNTED_MAX } from "../../../lab/explorer/random-search.ts";
import { SharedStateSet } from "../../../lab/explorer/shared-state-set.ts";
import { UnexplorableError } from "../../../lab/explorer/unexplorable-error.ts";
import { wrongUsage } from "../terminal/failure.ts";
import type { ExploreReply, ExploreTask } from "./explore-worker.ts";
import type { ExploreOptions } from "./run-explore.ts";
import type { PartOutcome } from "./search-part.ts";

/** States that the threads may add after the limit. */
const SPARE_STATES = 1_000_000;

const PROGRESS_MS = 500;

/**
 * Searches on several threads, which share the visited states. An exhaustive search ends when a part has found a violation. A random search
 * finds the violation of the first schedule that has one, whatever the number of threads.
 */
export async function searchInParts(
  options: ExploreOptions,
  parts: number,
  onProgress: (counts: ProgressCounts) => void,
): Promise<PartOutcome> {
  const states = sharedMemory(Math.min(options.limitStates, options.search.kind === "random" ? COUNTED_MAX : Infinity));
  const visited = new SharedStateSet(states);
  const reporting = setInterval(() => onProgress({ states: visited.size, deepest: 0, schedules: 0 }), PROGRESS_MS);
  const firstFound = new Int32Array(new SharedArrayBuffer(4)).fill(2 ** 31 - 1);
  const workers = Array.from({ length: parts }, () => new Worker(new URL("explore-worker.ts", import.meta.url)));
  try {
    const outcomes = workers.map(
      (worker, part) =>
        new Promise<PartOutcome>((resolve, reject) => {
          worker.on("error", reject);
          worker.on("message", (reply: ExploreReply) =>
            "failure" in reply ? reject(new UnexplorableError(reply.failure)) : resolve(reply),
          );
          const task: ExploreTask = { options, part, parts, shared: { states, firstFound } };
          worker.postMessage(task);
        }),
    );
    const isRandom = options.search.kind === "random";
    const found = isRandom
      ? []
      : outcomes.map((one) => one.then((part) => (part.steps === undefined ? never() : part)));
    const all = Promise.all(outcomes).then((each) => merged(each, new SharedStateSet(states).size));
    return await Promise.race([all, ...found]);
  } finally {
    clearInterval(reporting);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function sharedMemory(limitStates: number): SharedArrayBuffer {
  try {
    return SharedStateSet.memoryFor(limitStates + SPARE_STATES);
  } catch {
    throw wrongUsage("--limit-states", `threads cannot share the memory for ${limitStates} states`);
  }
}

function never(): Promise<PartOutcome> {
  return new Promise(() => {});
}

/** Returns the outcome of all parts together. */
function merged(parts: readonly PartOutcome[], states: number): PartOutcome {
  const sum = (of: (part: PartOutcome) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const found = parts
    .filter(({ steps }) => steps !== undefined)
    .toSorted((one, other) => (one.outcome.foundAt ?? 0) - (other.outcome.foundAt ?? 0))[0];
  const limited = parts.find(({ outcome }) => outcome.result === "limit");
  const [first] = parts;
  const deciding = found ?? limited ?? first;
  if (deciding === undefined) throw new Error("a search has at least one part");
  const { result, limit, foundAt } = deciding.outcome;
  return {
    outcome: {
      result,
      limit,
      foundAt,
      states,
      actions: sum(({ outcome }) => outcome.actions),
      deepest: parts.reduce((most, { outcome }) => Math.max(most, outcome.deepest), 0),
      schedules: sum(({ outcome }) => outcome.schedules),
    },
    steps: found?.steps,
    reached: [...new Set(parts.flatMap((part) => part.reached))],
  };
}
