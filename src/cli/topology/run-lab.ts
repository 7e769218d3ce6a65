/**
 * `mosaic lab` and `mosaic demo`: a run of a topology in network namespaces, or in the simulator if namespaces are not available.
 * `loadTopology` reads the file. `lab/kernel` or `lab/simulator` runs the topology and reports observations. They go to the timeline on the
 * terminal, to the results folder, and to a record that `conclude` summarises.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findBackend, type Backend } from "../../../lab/kernel/backend.ts";
import { type KernelOutcome, runInKernel } from "../../../lab/kernel/kernel.ts";
import { removeLeftovers } from "../../../lab/kernel/leftovers.ts";
import { findPingTool, type PingTool } from "../../../lab/kernel/ping-process.ts";
import { enterUserNamespace, isInUserNamespace } from "../../../lab/kernel/user-namespace.ts";
import type { Observation, Observe } from "../../../lab/outcome/observation.ts";
import type { ResultFiles } from "../../../lab/outcome/result-files.ts";
import { RunRecord } from "../../../lab/outcome/run-record.ts";
import { type Screen, styled, writeLine } from "../../../lab/outcome/screen.ts";
import { Timeline } from "../../../lab/outcome/timeline.ts";
import { runSimulated, type SimulatedOutcome } from "../../../lab/simulator/run-simulated.ts";
import { describeTraffic, type Topology } from "../../../lab/topology/topology.ts";
import { formatWatchLine } from "../../../runtime/observe/watch.ts";
import { askByControl } from "../client/ask-by-control.ts";
import { inspectByControl } from "../client/inspect-node.ts";
import { checkoutFile } from "../files/checkout.ts";
import { Failure, runFailed } from "../terminal/failure.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { type ConclusionOptions, conclude, openResults } from "./conclude-run.ts";
import { controlsOf } from "./host-control.ts";
import { instrument } from "./instruments.ts";
import { type LoadedTopology, loadTopology } from "./load-topology.ts";
import { openPlots } from "./plots.ts";

/** Speed of virtual time on a terminal, relative to real time. */
const VIRTUAL_TIME_SPEED = 4;

/** Maximum number of traffic entries that are listed. Further entries are only counted. */
const MAX_LISTED_TRAFFICS = 4;

export interface LabOptions extends ConclusionOptions {
  /** `nearest`: network namespaces if possible, otherwise the simulator. */
  readonly backend: "kernel" | "nearest" | "simulator";
  /** Whether the hosts continue after the end of the run, until a signal arrives. */
  readonly stay: boolean;
}

type Times = Pick<KernelOutcome & { readonly ok: true }, "startSeconds" | "endSeconds" | "epoch">;

/** Runs a topology with a live timeline and prints its summary. Removes all namespaces and processes at the end. */
export async function runLab(file: string, options: LabOptions, output: Output): Promise<void> {
  // Errors of the file are reported before the backend is chosen, so that they are the same everywhere.
  const loaded = loadTopology(file, output);
  const backend = chooseBackend(options);
  if (backend.kind === "user namespace") return runInUserNamespace();
  const { topology, warnings } = loaded;
  for (const warning of warnings) output.problem(warning);
  const screen = screenFor(options);
  const pingTool = findPingTool();
  writeLine(screen, describeBackend(backend, pingTool));
  writeLine(screen, describeTopology(topology, screen));
  if (backend.kind === "simulator") writeLine(screen);
  const results = openResults(options);
  const plots = await openPlots(options, file, topology);
  const record = new RunRecord(topology);
  const timeline = new Timeline(topology, screen);
  const observe: Observe = (observation) => {
    record.add(observation);
    results?.add(observation);
    timeline.show(observation, record);
    if (observation.kind === "command") timeline.note(observation.at, `${observation.host}$ ${observation.text}`);
    if (observation.kind === "ended") showFailed(observation, timeline);
    if (observation.kind === "watch") showWatched(observation, topology, timeline);
  };
  const onStart = (folder: string): void => {
    writeLine(screen, styled(screen, "dim", `Look inside while it runs: ./mosaic top ${join(folder, "HOST.sock")}`));
    writeLine(screen);
  };
  const onStay = (): void => {
    timeline.finish();
    writeLine(screen, styled(screen, "dim", "The run is over; the hosts stay until Ctrl-C: ./mosaic lab exec HOST"));
  };
  const world = { backend, pingTool, captures: results?.folder, onStart, ...(options.stay && { onStay }) };
  const outcome = await run(loaded, world, observe, screen);
  timeline.finish();
  if (!outcome.ok) await fail(outcome.message, results);
  writeLine(screen);
  const times = "startSeconds" in outcome ? outcome : undefined;
  const { startSeconds, endSeconds, epoch } = times ?? {};
  const more = times === undefined ? {} : { startSeconds, endSeconds, epoch };
  await conclude({ topology, record, results, plots, backend: backend.kind }, options, output, more);
  if (times !== undefined) writeLine(screen, styled(screen, "dim", `\n${describeTimes(topology, times)}`));
}

/** Ends a failed run. The results keep the observations so far. */
async function fail(message: string, results: ResultFiles | undefined): Promise<never> {
  await results?.finish({ failure: message });
  throw runFailed(message);
}

function describeTimes({ hosts }: Topology, { startSeconds, endSeconds }: Times): string {
  const count = hosts.length === 1 ? "1 host" : `${hosts.length} hosts`;
  return `${count}: all ran after ${startSeconds.toFixed(1)} s; nothing is left, ${endSeconds.toFixed(1)} s after the end`;
}

/** Shows a watched tuple if the topology watches its predicate. Changes of the route table are watched too, but not shown as tuples. */
function showWatched(
  { at, host, line }: Observation & { kind: "watch" },
  { watch }: Topology,
  timeline: Timeline,
): void {
  if (watch.some((name) => name === line.tuple[0]))
    timeline.note(at, `${host}: ${formatWatchLine({ ...line, t: at })}`);
}

/** Shows the exit code of a failed command. A command without one was killed at the end of the lab. */
function showFailed({ at, host, run, code }: Observation & { kind: "ended" }, timeline: Timeline): void {
  if (code !== undefined && code !== 0) timeline.note(at, `${host}$ ${run}: exit code ${code}`);
}

/**
 * `mosaic lab --clean`: removes namespaces, processes and folders that killed labs left. With `--json` it lists them on stderr, because
 * stdout holds only the object of the lab that runs afterwards.
 */
export function cleanLabs(output: Output, form: "text" | "json" | "messages"): void {
  const removed = removeLeftovers();
  if (form === "json") return output.result(jsonText({ removed }));
  const lines = removed.length === 0 ? ["nothing was left"] : removed;
  for (const line of lines) {
    if (form === "text") output.result(line);
    else output.problem(line);
  }
}

function chooseBackend({ backend }: LabOptions): Backend {
  if (isInUserNamespace()) return { kind: "kernel" };
  if (backend === "simulator") return { kind: "simulator", because: "asked for" };
  const found = findBackend();
  if (found.kind !== "simulator" || backend === "nearest") return found;
  throw runFailed(`no lab can be built here: ${found.because}; \`mosaic sim\` runs the same file in the simulator`);
}

async function runInUserNamespace(): Promise<void> {
  const ended = await enterUserNamespace();
  if (typeof ended === "string") throw runFailed(`the lab in a user namespace was ended by ${ended}`);
  // The process inside has printed the error.
  if (ended !== 0) throw new Failure(ended === 2 ? 2 : 1, "");
}

function describeBackend(backend: Backend, pingTool: PingTool): string {
  if (backend.kind === "simulator") return `Runs in the simulator (because: ${backend.because}).`;
  const traffic = pingTool === "ping" ? "ping" : "a built-in UDP echo (because: no ping of iputils)";
  return `Runs in kernel namespaces with real TUN and ${traffic}.`;
}

function describeTopology({ title, traffic }: Topology, screen: Screen): string {
  const all = traffic.map(describeTraffic);
  const noun = traffic.every(({ kind }) => kind === "ping") ? "pings" : "traffics";
  const shown = all.length > MAX_LISTED_TRAFFICS ? [`${all.length} ${noun}`] : all;
  return styled(screen, "bold", [title, ...(shown.length === 0 ? [] : [shown.join(", ")])].join(": "));
}

interface LabWorld {
  readonly backend: Backend;
  readonly pingTool: PingTool;
  readonly captures: string | undefined;
  readonly onStart: (folder: string) => void;
  readonly onStay?: () => void;
}

async function run(
  { topology, plans, secretsOf }: LoadedTopology,
  { backend, pingTool, captures, onStart, onStay }: LabWorld,
  observe: Observe,
  screen: Screen,
): Promise<KernelOutcome | SimulatedOutcome> {
  const signal = interruptSignal();
  if (backend.kind === "kernel") {
    const mosaic = checkoutFile("mosaic");
    const clients = { inspect: inspectByControl, ask: askByControl };
    return runInKernel(topology, { mosaic, plans, pingTool, captures, onStart, onStay, observe, ...clients, signal });
  }
  const pace = screen.isTerminal && { pace: pacer() };
  const controlOf = controlsOf(secretsOf);
  return runSimulated(topology, { plans, secretsOf, observe, instrument, controlOf, signal, ...pace });
}

/** Returns a function that delays each tick of the simulator, so that a person can follow virtual time. */
function pacer(): (at: number) => Promise<void> {
  let paced = 0;
  return async (at) => {
    await sleep(((at - paced) / VIRTUAL_TIME_SPEED) * 1e3);
    paced = at;
  };
}

/** The screen for the timeline: stderr with --json, since stdout then holds only the object. */
function screenFor({ json }: LabOptions): Screen {
  const stream = json ? process.stderr : process.stdout;
  return {
    isTerminal: stream.isTTY === true,
    hasColour: stream.isTTY === true && process.env["NO_COLOR"] === undefined,
    write: (text) => void stream.write(text),
  };
}
