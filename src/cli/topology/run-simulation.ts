import { countOf } from "../../../runtime/plan/values/count-of.ts";
import type { Observation } from "../../../lab/outcome/observation.ts";
import { RunRecord } from "../../../lab/outcome/run-record.ts";
import { runSimulated, type SimulatedSettings } from "../../../lab/simulator/run-simulated.ts";
import type { Plans } from "../../../lab/topology/programs.ts";
import type { Setting } from "../../../lab/topology/settings.ts";
import type { Topology } from "../../../lab/topology/topology.ts";
import { formatWatchLine } from "../../../runtime/observe/watch.ts";
import type { World } from "../../../runtime/world/world.ts";
import { metricsScreen } from "../client/metrics-screen.ts";
import { traceLine } from "../client/trace-node.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import type { Output } from "../terminal/output.ts";
import { type ConclusionOptions, conclude, openResults } from "./conclude-run.ts";
import { HostCaptures } from "./host-captures.ts";
import { controlsOf } from "./host-control.ts";
import { instrument } from "./instruments.ts";
import { loadTopology } from "./load-topology.ts";
import { openPlots } from "./plots.ts";

export interface SimOptions extends ConclusionOptions {
  /** Seed of the run; undefined for the seed in the file. */
  readonly seed: number | undefined;
  /** Folder for captures, one file per host. */
  readonly pcap: string | undefined;
  /** Settings, which replace values of the file. */
  readonly set: readonly Setting[];
  /** Predicate to trace on every host, or `all`. */
  readonly trace: string | undefined;
  /** Whether to print the screen of `mosaic top` of each host at the end. */
  readonly top: boolean;
}

/** `mosaic sim SCENARIO`: runs a topology in virtual time and prints its summary. */
export async function runSimulation(file: string, options: SimOptions, output: Output): Promise<void> {
  const { seed, json } = options;
  const { topology: written, plans, secretsOf, warnings } = loadTopology(file, output, options.set);
  for (const warning of warnings) output.problem(warning);
  const topology = seed === undefined ? written : { ...written, seed };
  if (topology.commands.length > 0) output.problem(`mosaic: the simulator skips the commands of ${file}`);
  const trace = traceOf(options, plans);
  const results = openResults(options);
  const plots = await openPlots(options, file, topology);
  const record = new RunRecord(topology);
  const progress = new Progress(topology.duration);
  const show = printer(topology, options, output);
  const observe = (observation: Observation): void => {
    record.add(observation);
    results?.add(observation);
    progress.show(observation);
    show(observation);
  };
  const captures = openCaptures(options);
  const capture = captures && ((host: string, world: World) => captures.wrap(host, world));
  const signal = interruptSignal();
  const nodes = { instrument, controlOf: controlsOf(secretsOf) };
  const outcome = await runSimulated(topology, { plans, secretsOf, observe, capture, ...nodes, trace, signal });
  captures?.close();
  progress.finish();
  if (!outcome.ok) {
    await results?.finish({ failure: outcome.message });
    throw runFailed(outcome.message);
  }
  const { network, eventCount, traceHash } = outcome;
  if (!json) {
    output.result(
      `${topology.title}: ${countOf(topology.hosts.length, "node")}, ${topology.duration} s, seed ${topology.seed}`,
    );
  }
  const finished = { topology, record, results, plots, backend: "simulator" as const };
  await conclude(finished, options, output, { network, eventCount, traceHash });
  if (options.top) for (const line of topLines(record)) output.result(line);
  if (json) return;
  const { delivered, lost, cut, hostDown } = network;
  output.result(`datagrams: ${delivered} delivered, ${lost} lost, ${cut} on cut links, ${hostDown} to dead hosts`);
  output.result(`trace hash: ${traceHash}`);
}

/** Returns a function that prints warnings, watched tuples and traces, with the time since the start of the run, not of the node. */
function printer({ watch }: Topology, { json, out }: SimOptions, output: Output): (observation: Observation) => void {
  const watched = new Set(watch);
  const print = (text: string): void => (json ? output.problem(text) : output.result(text));
  return (observation) => {
    switch (observation.kind) {
      case "log":
        if (observation.isFromNode === true) output.problem(`${observation.host}: ${observation.text}`);
        break;
      case "watch": {
        const { host, at, line } = observation;
        if (watched.has(line.tuple[0])) print(`${host}: ${formatWatchLine({ ...line, t: at })}`);
        break;
      }
      case "trace":
        if (out === undefined) print(`${observation.host}: ${traceLine({ ...observation.line, t: observation.at })}`);
        break;
      default:
    }
  };
}

/** Opens the captures of `--pcap`, or of `--out`. */
function openCaptures({ pcap, out }: SimOptions): HostCaptures | undefined {
  if (pcap !== undefined) return new HostCaptures(pcap, "--pcap");
  return out === undefined ? undefined : new HostCaptures(out, "--out");
}

/** Returns the trace of `--trace`: as JSON if it goes to files. */
function traceOf({ trace, out }: SimOptions, plans: Plans): SimulatedSettings["trace"] {
  if (trace === undefined) return undefined;
  if (trace !== "all" && !plans.hasPredicate(trace))
    throw wrongUsage("--trace", `no program has a predicate \`${trace}\``);
  return { predicate: trace === "all" ? undefined : trace, form: out === undefined ? "text" : "json" };
}

/** Returns the screen of `mosaic top` for each host, and for each start of its node. */
function topLines({ lives }: RunRecord): readonly string[] {
  return lives.flatMap(({ host, start, metrics }) => [
    "",
    start === 1 ? host : `${host} (start ${start})`,
    ...metricsScreen(metrics, undefined).map((line) => `  ${line}`.trimEnd()),
  ]);
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
