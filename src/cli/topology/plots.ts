import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../../lab/outcome/make-folder.ts";
import type { RunRecord } from "../../../lab/outcome/run-record.ts";
import type { Topology } from "../../../lab/topology/topology.ts";
import { fileErrorReason } from "../terminal/file-error.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";

/** Writes the plots of a topology after its run. */
export type PlotWriter = (topology: Topology, record: RunRecord) => void;

/**
 * Prepares the folder of `--plot` before a run, and loads the packages that draw. Returns the function that writes the plots, or undefined
 * without the option.
 */
export async function openPlots(
  { plot }: { readonly plot?: string | undefined },
  file: string,
  { plots }: Topology,
): Promise<PlotWriter | undefined> {
  if (plot === undefined) return undefined;
  if (plots.length === 0) throw wrongUsage("--plot", `${file} has no [[plots]]`);
  const problem = makeFolder(plot);
  if (problem !== undefined) throw wrongUsage("--plot", problem);
  const { loadDrawer } = await import("../../../lab/plots/draw-figure.ts");
  const { figuresOf, marksOf } = await import("../../../lab/plots/figures-of.ts");
  const { EVENTS_FILE, writePlots } = await import("../../../lab/plots/write-plots.ts");
  const drawer = await loadDrawer();
  if (drawer === undefined)
    throw runFailed("--plot: the packages echarts, @resvg/resvg-js and dejavu-fonts-ttf are not installed; `npm ci`");
  // A folder without the right to write must fail before the run.
  attempt(plot, () => appendFileSync(join(plot, EVENTS_FILE), ""));
  return (topology, record) => {
    attempt(plot, () => writePlots(plot, figuresOf(topology, record), marksOf(record), drawer));
  };
}

/** Does some work on files. Other errors than those of the file system are defects. */
function attempt(folder: string, work: () => void): void {
  try {
    work();
  } catch (error: unknown) {
    if (error instanceof Error && "syscall" in error) throw runFailed(`--plot: ${folder}: ${fileErrorReason(error)}`);
    throw error;
  }
}
