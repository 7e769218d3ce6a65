/** Main module of a thread of `mosaic explore --jobs`: one part of a search. */
import { parentPort } from "node:worker_threads";
import { UnexplorableError } from "../../../lab/explorer/unexplorable-error.ts";
import type { Output } from "../terminal/output.ts";
import { loadPlugin } from "../options/plugin.ts";
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

async function run({ options, ...part }: ExploreTask): Promise<ExploreReply> {
  try {
    for (const file of options.plugins) await loadPlugin(file);
    const exploration = await prepareExploration(options, SILENT).make(false, options.after);
    return searchPart(options, exploration, part, () => {});
  } catch (error: unknown) {
    // An error here is thrown in the main thread.
    return { failure: error instanceof UnexplorableError ? error.message : String(error) };
  }
}

parentPort?.on("message", (task: ExploreTask) => {
  void run(task).then((reply) => parentPort?.postMessage(reply));
});
