import { parentPort, workerData } from "node:worker_threads";
import { huntAcross } from "./across/hunt-across.ts";
import { hunt, type HuntKind } from "./hunt.ts";

/** Part of a long hunt that one thread does. */
export interface HuntPart {
  /** Number of nodes, `1` or `3`; `recursion` for recursive tables on one node; `across` for rules that span nodes. */
  readonly nodes: HuntKind | "across";
  readonly firstSeed: number;
  readonly steps: number;
}

/** Result of a part. */
export interface PartDone {
  readonly programs: number;
  readonly steps: number;
  readonly rejected: ReadonlyMap<string, number>;
  readonly features: ReadonlyMap<string, number>;
  readonly difference: string | undefined;
}

const { nodes, firstSeed, steps } = workerData as HuntPart;
const isEnough = (done: { readonly steps: number }): boolean => done.steps >= steps;
const done: PartDone = nodes === "across" ? huntAcross(firstSeed, isEnough) : hunt(firstSeed, nodes, isEnough);
parentPort?.postMessage(done);
