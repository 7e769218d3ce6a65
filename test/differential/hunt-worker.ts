import { parentPort, workerData } from "node:worker_threads";
import { huntAcross } from "./across/hunt-across.ts";
import { hunt } from "./hunt.ts";
import { FEATURES } from "./random-program.ts";

/** A part of a long hunt, for a thread of its own. */
export interface HuntPart {
  /** `1` or `3`, or `across` for rules that span nodes. */
  readonly nodes: string;
  readonly firstSeed: number;
  readonly steps: number;
}

/** What came of it. */
export interface PartDone {
  readonly programs: number;
  readonly steps: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly features: ReadonlyMap<string, number>;
  readonly difference: string | undefined;
}

const { nodes, firstSeed, steps } = workerData as HuntPart;
const isEnough = (done: { readonly steps: number }): boolean => done.steps >= steps;
const done: PartDone =
  nodes === "across" ? huntAcross(firstSeed, isEnough) : hunt(firstSeed, Number(nodes), new Set(FEATURES), isEnough);
parentPort?.postMessage(done);
