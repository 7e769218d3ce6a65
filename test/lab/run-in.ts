import { expect } from "vitest";
import { runInKernel } from "../../lab/kernel/kernel.ts";
import type { Observation } from "../../lab/outcome/observation.ts";
import { runSimulated } from "../../lab/simulator/run-simulated.ts";
import { formatTopologyError, readTopology } from "../../lab/topology/read-topology.ts";
import { MOSAIC } from "../cli/mosaic.ts";
import { plansOf } from "./plans-of.ts";

/** Runs a topology to its end. Returns all observations. Programs are looked up in the folder of `file`. */
export async function runIn(
  world: "simulator" | "kernel",
  text: string,
  file: string,
): Promise<readonly Observation[]> {
  const read = readTopology(text, file);
  if (!read.ok) throw new Error(read.errors.map(formatTopologyError).join("\n"));
  const { topology } = read;
  const seen: Observation[] = [];
  const settings = {
    plans: plansOf(topology),
    observe: (observation: Observation) => void seen.push(observation),
    signal: new AbortController().signal,
  };
  const outcome =
    world === "simulator"
      ? await runSimulated(topology, settings)
      : await runInKernel(topology, { ...settings, mosaic: MOSAIC, pingTool: "UDP echo" });
  expect(outcome).toMatchObject({ ok: true });
  return seen;
}
