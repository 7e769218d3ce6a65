import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration } from "../../../lab/topology/duration.ts";
import { type KernelOutcome, runInKernel } from "../../../lab/kernel/kernel.ts";
import { removeLeftovers } from "../../../lab/kernel/leftovers.ts";
import type { Observation, Observe } from "../../../lab/outcome/observation.ts";
import { findPingTool, type PingTool } from "../../../lab/kernel/ping-process.ts";
import { findBackend, type Backend } from "../../../lab/kernel/backend.ts";
import type { ResultFiles } from "../../../lab/outcome/result-files.ts";
import { RunRecord } from "../../../lab/outcome/run-record.ts";
import { type Screen, styled, writeLine } from "../../../lab/outcome/screen.ts";
import { runSimulated, type SimulatedOutcome } from "../../../lab/simulator/run-simulated.ts";
import { Timeline } from "../../../lab/outcome/timeline.ts";
import type { Topology } from "../../../lab/topology/topology.ts";
import { enterUserNamespace, isInUserNamespace } from "../../../lab/kernel/user-namespace.ts";
import { formatWatchLine } from "../../../runtime/observe/watch.ts";
import { checkoutFile } from "../files/checkout.ts";
import { Failure, runFailed } from "../terminal/failure.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import type { Output } from "../terminal/output.ts";
import { type ConclusionOptions, conclude, openResults } from "./conclude-run.ts";
import { type LoadedTopology, loadTopology } from "./load-topology.ts";

/** On a terminal, virtual time passes this much faster than ours. */
const SIMULATED_SPEED = 4;

/** More are counted and not listed. */
const MOST_PINGS = 4;

export interface LabOptions extends ConclusionOptions {
  /** `nearest`: in the simulator where there are no namespaces; `simulator`: there in any case. */
  readonly place: "kernel" | "nearest" | "simulator";
}

type Times = Pick<KernelOutcome & { readonly ok: true }, "startSeconds" | "endSeconds">;

/** `mosaic lab TOPOLOGY`: runs a topology on this machine, live, and says what came of it. Nothing of it is left. */
export async function runLab(file: string, options: LabOptions, output: Output): Promise<void> {
  // What is wrong with the file is said wherever it would run.
  const loaded = loadTopology(file, output);
  const place = choosePlace(options);
  if (place.kind === "user namespace") return runInUserNamespace();
  const { topology, warnings } = loaded;
  for (const warning of warnings) output.problem(warning);
  const screen = screenFor(options);
  const pingTool = findPingTool();
  writeLine(screen, describePlace(place, pingTool));
  writeLine(screen, describeTopology(topology, screen));
  if (place.kind === "simulator") writeLine(screen);
  const results = openResults(options);
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
  const began = (folder: string): void => {
    writeLine(screen, styled(screen, "dim", `Look inside while it runs: ./mosaic top ${join(folder, "HOST.sock")}`));
    writeLine(screen);
  };
  const world = { place, pingTool, captures: results?.folder, began };
  const outcome = await run(loaded, world, observe, screen);
  timeline.finish();
  if (!outcome.ok) await fail(outcome.message, results);
  writeLine(screen);
  const times = "startSeconds" in outcome ? outcome : undefined;
  const more = times === undefined ? {} : { startSeconds: times.startSeconds, endSeconds: times.endSeconds };
  await conclude({ topology, record, results, place: place.kind }, options, output, more);
  if (times !== undefined) writeLine(screen, styled(screen, "dim", `\n${describeTimes(topology, times)}`));
}

/** What was seen until then is kept. */
async function fail(message: string, results: ResultFiles | undefined): Promise<never> {
  await results?.finish({ failure: message });
  throw runFailed(message);
}

function describeTimes({ hosts }: Topology, { startSeconds, endSeconds }: Times): string {
  const count = hosts.length === 1 ? "1 host" : `${hosts.length} hosts`;
  return `${count}: all ran after ${startSeconds.toFixed(1)} s; nothing is left, ${endSeconds.toFixed(1)} s after the end`;
}

/** The table of routes is watched for the timeline's sake; what the topology asks for is shown. */
function showWatched(
  { at, host, line }: Observation & { kind: "watch" },
  { watch }: Topology,
  timeline: Timeline,
): void {
  if (watch.some((name) => name === line.tuple[0])) timeline.note(at, `${host}: ${formatWatchLine(line)}`);
}

/** A command that has no exit code was ended with the lab. */
function showFailed({ at, host, run, code }: Observation & { kind: "ended" }, timeline: Timeline): void {
  if (code !== undefined && code !== 0) timeline.note(at, `${host}$ ${run}: exit code ${code}`);
}

/** `mosaic lab --clean` */
export function cleanLabs(output: Output, json: boolean): void {
  const removed = removeLeftovers();
  if (json) return output.result(JSON.stringify({ removed }));
  for (const line of removed) output.result(line);
  if (removed.length === 0) output.result("nothing was left");
}

function choosePlace({ place }: LabOptions): Backend {
  if (isInUserNamespace()) return { kind: "kernel" };
  if (place === "simulator") return { kind: "simulator", because: "asked for" };
  const found = findBackend();
  if (found.kind !== "simulator" || place === "nearest") return found;
  throw runFailed(`no lab can be built here: ${found.because}; \`mosaic sim\` runs the same file in the simulator`);
}

async function runInUserNamespace(): Promise<void> {
  const ended = await enterUserNamespace();
  if (typeof ended === "string") throw runFailed(`the lab in a user namespace was ended by ${ended}`);
  // What was wrong has been said inside.
  if (ended !== 0) throw new Failure(ended === 2 ? 2 : 1, "");
}

function describePlace(place: Backend, pingTool: PingTool): string {
  if (place.kind === "simulator") return `Runs in the simulator (because: ${place.because}).`;
  const traffic = pingTool === "ping" ? "ping" : "a UDP echo of our own (because: no ping of iputils)";
  return `Runs in kernel namespaces with real TUN and ${traffic}.`;
}

function describeTopology({ title, traffic }: Topology, screen: Screen): string {
  const pings = traffic.map(({ from, to, every }) => `${from} pings ${to} every ${formatDuration(every)}`);
  const shown = pings.length > MOST_PINGS ? [`${pings.length} pings`] : pings;
  return styled(screen, "bold", [title, ...(shown.length === 0 ? [] : [shown.join(", ")])].join(": "));
}

interface LabWorld {
  readonly place: Backend;
  readonly pingTool: PingTool;
  readonly captures: string | undefined;
  readonly began: (folder: string) => void;
}

async function run(
  { topology, plans }: LoadedTopology,
  { place, pingTool, captures, began }: LabWorld,
  observe: Observe,
  screen: Screen,
): Promise<KernelOutcome | SimulatedOutcome> {
  const signal = interruptSignal();
  if (place.kind === "kernel") {
    const mosaic = checkoutFile("mosaic");
    return runInKernel(topology, { mosaic, plans, pingTool, captures, began, observe, signal });
  }
  return runSimulated(topology, { plans, observe, signal, ...(screen.isTerminal && { pace: pacer() }) });
}

/** Waits after each tick as long as lets a person follow. */
function pacer(): (at: number) => Promise<void> {
  let paced = 0;
  return async (at) => {
    await sleep(((at - paced) / SIMULATED_SPEED) * 1e3);
    paced = at;
  };
}

/** With --json the object is all there is on stdout. */
function screenFor({ json }: LabOptions): Screen {
  const stream = json ? process.stderr : process.stdout;
  return {
    isTerminal: stream.isTTY === true,
    hasColour: stream.isTTY === true && process.env["NO_COLOR"] === undefined,
    write: (text) => void stream.write(text),
  };
}
