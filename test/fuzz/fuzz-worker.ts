import { parentPort, workerData } from "node:worker_threads";
import { fuzz } from "./fuzz.ts";

/** Part of a long run that one thread does: the seeds from `firstSeed` on, every `stride`-th of them. */
export interface FuzzPart {
  readonly program: string;
  readonly firstSeed: number;
  readonly stride: number;
  /** Number of tuples of the part, and of one network. */
  readonly tuples: number;
  readonly runTuples: number;
}

export interface FuzzPartDone {
  /** Report of the first broken promise. */
  readonly failure: string | undefined;
  readonly tuples: number;
  /** CPU seconds of the longest step, and bytes of the greatest growth. */
  readonly longest: number;
  readonly growth: number;
}

parentPort?.postMessage(fuzzPart(workerData as FuzzPart));

function fuzzPart({ program, firstSeed, stride, tuples, runTuples }: FuzzPart): FuzzPartDone {
  let done: FuzzPartDone = { failure: undefined, tuples: 0, longest: 0, growth: 0 };
  for (let seed = firstSeed; done.tuples < tuples && done.failure === undefined; seed += stride) {
    const { failure, result } = fuzz({ program, seed, inputs: Math.min(runTuples, tuples - done.tuples) });
    done = {
      failure,
      tuples: done.tuples + result.tuples,
      longest: Math.max(done.longest, result.longest),
      growth: Math.max(done.growth, result.growth),
    };
  }
  return done;
}
