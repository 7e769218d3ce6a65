import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { formatDuration } from "../../lab/duration.ts";
import { runInKernel } from "../../lab/kernel.ts";
import type { Observe } from "../../lab/observation.ts";
import { findPingTool, type PingTool } from "../../lab/ping-process.ts";
import { findPlace, type Place } from "../../lab/place.ts";
import { routeLines, summarize, summaryLines } from "../../lab/report.ts";
import { RunRecord } from "../../lab/run-record.ts";
import { type Screen, styled, writeLine } from "../../lab/screen.ts";
import { runSimulated } from "../../lab/simulated.ts";
import { Timeline } from "../../lab/timeline.ts";
import type { Topology } from "../../lab/topology.ts";
import { enterUserNamespace, isInUserNamespace } from "../../lab/user-namespace.ts";
import { compileHosts } from "./compile-hosts.ts";
import { Failure, runFailed } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import type { Output } from "./output.ts";
import { readTopologyFile } from "./topology-file.ts";

const DEMO = fileURLToPath(new URL("../../lab/demo/ron.toml", import.meta.url));
const MOSAIC = fileURLToPath(new URL("../../mosaic", import.meta.url));

/** On a terminal, virtual time passes this much faster than ours. */
const SIMULATED_SPEED = 4;

export interface DemoOptions {
  /** Another topology file than that of the demonstration. */
  readonly file?: string;
  /** Use the simulator even where namespaces can be made. */
  readonly simulator: boolean;
}

/** `mosaic demo`: a link is cut in mid-traffic, and the overlay goes round it; live, with the routes and the outage. */
export async function demonstrate({ file = DEMO, simulator }: DemoOptions, output: Output): Promise<void> {
  const place = choosePlace(simulator);
  if (place.kind === "user namespace") return demonstrateInside();
  const topology = readTopologyFile(file, output);
  const pingTool = findPingTool();
  writeLine(screen, describePlace(place, pingTool));
  writeLine(screen, describeTopology(topology));
  writeLine(screen);
  const record = await run(topology, place, pingTool);
  conclude(topology, record);
}

function choosePlace(simulator: boolean): Place {
  if (isInUserNamespace()) return { kind: "kernel" };
  return simulator ? { kind: "simulator", because: "asked for" } : findPlace();
}

async function demonstrateInside(): Promise<void> {
  const code = await enterUserNamespace();
  if (code !== 0) throw new Failure(1, "the demonstration in a user namespace failed");
}

function describePlace(place: Place, pingTool: PingTool): string {
  if (place.kind === "simulator") return `Runs in the simulator (because: ${place.because}).`;
  const traffic = pingTool === "ping" ? "ping" : "a UDP echo of our own (because: no ping of iputils)";
  return `Runs in kernel namespaces with real TUN and ${traffic}.`;
}

function describeTopology({ title, traffic }: Topology): string {
  const pings = traffic.map(({ from, to, every }) => `${from} pings ${to} every ${formatDuration(every)}`);
  return styled(screen, "bold", `${title}: ${pings.join(", ")}`);
}

async function run(topology: Topology, place: Place, pingTool: PingTool): Promise<RunRecord> {
  const record = new RunRecord(topology);
  const timeline = new Timeline(topology, 0, screen);
  const observe: Observe = (observation) => {
    record.add(observation);
    timeline.show(observation, record);
  };
  const signal = interruptSignal();
  const outcome =
    place.kind === "kernel"
      ? await runInKernel(topology, { mosaic: MOSAIC, pingTool, observe, signal })
      : await runSimulated(topology, { compile: compileHosts, observe, signal, ...(screen.isTerminal && { pace }) });
  timeline.finish();
  if (!outcome.ok) throw runFailed(outcome.message);
  record.takeSnapshot(topology.duration);
  return record;
}

let paced = 0;

async function pace(at: number): Promise<void> {
  await sleep(((at - paced) / SIMULATED_SPEED) * 1e3);
  paced = at;
}

function conclude(topology: Topology, record: RunRecord): void {
  const summary = summarize(topology, record);
  writeLine(screen);
  for (const line of summaryLines(summary)) writeLine(screen, line);
  const routes = routeLines(record);
  if (routes.length < 2) return;
  writeLine(screen);
  writeLine(screen, styled(screen, "bold", `Routing table of ${topology.traffic[0]?.from ?? ""}`));
  for (const line of routes) writeLine(screen, `  ${line}`);
}

const screen: Screen = {
  isTerminal: process.stdout.isTTY === true,
  hasColour: process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined,
  write: (text) => void process.stdout.write(text),
};
