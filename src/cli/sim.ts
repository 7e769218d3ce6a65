import { describeAction } from "../../lab/moments.ts";
import type { Observation } from "../../lab/observation.ts";
import { summarize, summaryLines } from "../../lab/report.ts";
import { RunRecord } from "../../lab/run-record.ts";
import { runSimulated, type SimulatedOutcome } from "../../lab/simulated.ts";
import type { Topology } from "../../lab/topology.ts";
import { compileHosts } from "./compile-hosts.ts";
import { runFailed } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import type { Output } from "./output.ts";
import { readTopologyFile } from "./topology-file.ts";

export interface SimOptions {
  /** Instead of the one in the file. */
  readonly seed: number | undefined;
  readonly json: boolean;
}

/** `mosaic sim SCENARIO`: runs a topology in virtual time and says what came of it. */
export async function simulate(file: string, { seed, json }: SimOptions, output: Output): Promise<void> {
  const written = readTopologyFile(file, output);
  const topology = seed === undefined ? written : { ...written, seed };
  const record = new RunRecord(topology);
  const progress = new Progress(topology.duration);
  const observe = (observation: Observation): void => {
    record.add(observation);
    progress.show(observation);
    if (observation.kind === "log") output.problem(`${observation.host}: ${observation.text}`);
  };
  const outcome = await runSimulated(topology, { compile: compileHosts, observe, signal: interruptSignal() });
  progress.finish();
  if (!outcome.ok) throw runFailed(outcome.message);
  report(topology, record, outcome, json, output);
}

function report(
  topology: Topology,
  record: RunRecord,
  { network, happened, traceHash }: SimulatedOutcome & { readonly ok: true },
  json: boolean,
  output: Output,
): void {
  const summary = summarize(topology, record);
  if (json) return output.result(JSON.stringify({ ...summary, seed: topology.seed, network, happened, traceHash }));
  output.result(`${summary.title}: ${summary.nodes} nodes, ${summary.seconds} s, seed ${topology.seed}`);
  for (const line of summaryLines(summary)) output.result(line);
  if (summary.traffic.length === 0) {
    for (const { at, action } of record.actions) output.result(`  ${at.toFixed(1)} s  ${describeAction(action)}`);
  }
  output.result(
    `datagrams: ${network.delivered} delivered, ${network.lost} lost, ${network.cut} on cut links, ${network.hostDown} to dead hosts`,
  );
  output.result(`trace hash: ${traceHash}`);
}

/** How far a run is, on a terminal. */
class Progress {
  readonly #duration: number;
  readonly #isShown = process.stderr.isTTY === true;
  #percent = -1;

  constructor(duration: number) {
    this.#duration = duration;
  }

  show(observation: Observation): void {
    const percent = Math.floor((100 * observation.at) / this.#duration);
    if (!this.#isShown || observation.kind !== "tick" || percent === this.#percent) return;
    this.#percent = percent;
    process.stderr.write(`\r${percent} %`);
  }

  finish(): void {
    if (this.#isShown) process.stderr.write("\r\u001b[2K");
  }
}
