/** Main module of a thread of `mosaic explore --jobs`: one part of a search. */
import { parentPort } from "node:worker_threads";
import { UnexplorableError } from "../../../lab/explorer/system.ts";
import type { Output } from "../terminal/output.ts";
import { prepareExploration } from "./prepare-exploration.ts";
import type { ExploreOptions } from "./run-explore.ts";
import { type PartOutcome, type SearchPart, searchPart } from "./search-part.ts";

export interface ExploreTask extends SearchPart {
  readonly options: ExploreOptions;
}

/** The outcome of a part, or the reason why the programs cannot be explored. */
export type ExploreReply = PartOutcome | { readonly failure: string };

/** Output of a thread. It prints nothing, because the main thread has reported errors before. */
const SILENT: Output = { hasColour: false, result: () => {}, data: () => {}, problem: () => {} };

function run({ options, ...part }: ExploreTask): ExploreReply {
  try {
    return searchPart(options, prepareExploration(options, SILENT).make(false, options.after), part);
  } catch (error: unknown) {
    if (error instanceof UnexplorableError) return { failure: error.message };
    throw error;
  }
}

parentPort?.on("message", (task: ExploreTask) => parentPort?.postMessage(run(task)));
