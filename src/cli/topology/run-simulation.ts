import type { Observation } from "../../../lab/outcome/observation.ts";
import { RunRecord } from "../../../lab/outcome/run-record.ts";
import { runSimulated } from "../../../lab/simulator/run-simulated.ts";
import { formatWatchLine } from "../../../runtime/observe/watch.ts";
import type { World } from "../../../runtime/world/world.ts";
import { runFailed } from "../terminal/failure.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import type { Output } from "../terminal/output.ts";
import { type ConclusionOptions, conclude, openResults } from "./conclude-run.ts";
import { HostCaptures } from "./host-captures.ts";
import { loadTopology } from "./load-topology.ts";

export interface SimOptions extends ConclusionOptions {
  /** Seed instead of the one in the file. */
  readonly seed: number | undefined;
  /** Folder for captures, one file per host. */
  readonly pcap: string | undefined;
}

/** `mosaic sim SCENARIO`: runs a topology in virtual time and prints its summary. */
export async function runSimulation(file: string, options: SimOptions, output: Output): Promise<void> {
  const { seed, json } = options;
  const { topology: written, plans, warnings } = loadTopology(file, output);
  for (const warning of warnings) output.problem(warning);
  const topology = seed === undefined ? written : { ...written, seed };
  if (topology.commands.length > 0) output.problem(`mosaic: the simulator skips the commands of ${file}`);
  const results = openResults(options);
  const record = new RunRecord(topology);
  const progress = new Progress(topology.duration);
  const watched = new Set(topology.watch);
  const observe = (observation: Observation): void => {
    record.add(observation);
    results?.add(observation);
    progress.show(observation);
    if (observation.kind === "log") output.problem(`${observation.host}: ${observation.text}`);
    if (observation.kind !== "watch") return;
    const { host, line } = observation;
    const [predicate] = line.tuple;
    if (typeof predicate !== "string" || !watched.has(predicate)) return;
    const text = `${host}: ${formatWatchLine(line)}`;
    if (json) output.problem(text);
    else output.result(text);
  };
  const captures = options.pcap === undefined ? undefined : new HostCaptures(options.pcap);
  const capture = captures && ((host: string, world: World) => captures.wrap(host, world));
  const outcome = await runSimulated(topology, { plans, observe, capture, signal: interruptSignal() });
  captures?.close();
  progress.finish();
  if (!outcome.ok) throw runFailed(outcome.message);
  const { network, eventCount, traceHash } = outcome;
  if (!json) {
    output.result(`${topology.title}: ${topology.hosts.length} nodes, ${topology.duration} s, seed ${topology.seed}`);
  }
  const finished = { topology, record, results, backend: "simulator" as const };
  await conclude(finished, options, output, { network, eventCount, traceHash });
  if (json) return;
  const { delivered, lost, cut, hostDown } = network;
  output.result(`datagrams: ${delivered} delivered, ${lost} lost, ${cut} on cut links, ${hostDown} to dead hosts`);
  output.result(`trace hash: ${traceHash}`);
}

/** Progress of a run on a terminal. */
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
