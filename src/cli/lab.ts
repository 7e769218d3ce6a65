import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration } from "../../lab/duration.ts";
import { runInKernel } from "../../lab/kernel.ts";
import { removeLeftovers } from "../../lab/leftovers.ts";
import type { Observe } from "../../lab/observation.ts";
import { findPingTool, type PingTool } from "../../lab/ping-process.ts";
import { findPlace, type Place } from "../../lab/place.ts";
import { RunRecord } from "../../lab/run-record.ts";
import { type Screen, styled, writeLine } from "../../lab/screen.ts";
import { runSimulated } from "../../lab/simulated.ts";
import { Timeline } from "../../lab/timeline.ts";
import type { Topology } from "../../lab/topology.ts";
import { enterUserNamespace, isInUserNamespace } from "../../lab/user-namespace.ts";
import { checkoutFile } from "./checkout.ts";
import { compileHosts } from "./compile-hosts.ts";
import { Failure, runFailed } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import type { Output } from "./output.ts";
import { type ConclusionOptions, conclude, openResults } from "./run-conclusion.ts";
import { readTopologyFile } from "./topology-file.ts";

/** On a terminal, virtual time passes this much faster than ours. */
const SIMULATED_SPEED = 4;

export interface LabOptions extends ConclusionOptions {
  /** `demo`: in the simulator where there are no namespaces; `simulator`: there in any case. */
  readonly place: "kernel" | "nearest" | "simulator";
}

/** `mosaic lab TOPOLOGY`: runs a topology on this machine, live, and says what came of it. Nothing of it is left. */
export async function runLab(file: string, options: LabOptions, output: Output): Promise<void> {
  const place = choosePlace(options);
  if (place.kind === "user namespace") return runInside();
  const topology = readTopologyFile(file, output);
  const screen = screenFor(options);
  const pingTool = findPingTool();
  writeLine(screen, describePlace(place, pingTool));
  writeLine(screen, describeTopology(topology, screen));
  writeLine(screen);
  const results = openResults(options);
  const record = new RunRecord(topology);
  const timeline = new Timeline(topology, screen);
  const observe: Observe = (observation) => {
    record.add(observation);
    results?.add(observation);
    timeline.show(observation, record);
  };
  const outcome = await run(topology, place, pingTool, observe, screen);
  timeline.finish();
  if (!outcome.ok) throw runFailed(outcome.message);
  writeLine(screen);
  await conclude({ topology, record, results, place: place.kind }, options, output);
}

/** `mosaic lab --clean` */
export function cleanLabs(output: Output): void {
  const removed = removeLeftovers();
  for (const line of removed) output.result(line);
  if (removed.length === 0) output.result("nothing was left");
}

function choosePlace({ place }: LabOptions): Place {
  if (isInUserNamespace()) return { kind: "kernel" };
  if (place === "simulator") return { kind: "simulator", because: "asked for" };
  const found = findPlace();
  if (found.kind !== "simulator" || place === "nearest") return found;
  throw runFailed(`no lab can be built here: ${found.because}; \`mosaic sim\` runs the same file in the simulator`);
}

async function runInside(): Promise<void> {
  const code = await enterUserNamespace();
  if (code !== 0) throw new Failure(code === 2 ? 2 : 1, "the lab in a user namespace failed");
}

function describePlace(place: Place, pingTool: PingTool): string {
  if (place.kind === "simulator") return `Runs in the simulator (because: ${place.because}).`;
  const traffic = pingTool === "ping" ? "ping" : "a UDP echo of our own (because: no ping of iputils)";
  return `Runs in kernel namespaces with real TUN and ${traffic}.`;
}

function describeTopology({ title, traffic }: Topology, screen: Screen): string {
  const pings = traffic.map(({ from, to, every }) => `${from} pings ${to} every ${formatDuration(every)}`);
  return styled(screen, "bold", [title, ...(pings.length === 0 ? [] : [pings.join(", ")])].join(": "));
}

async function run(
  topology: Topology,
  place: Place,
  pingTool: PingTool,
  observe: Observe,
  screen: Screen,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }> {
  const signal = interruptSignal();
  if (place.kind === "kernel") {
    return runInKernel(topology, { mosaic: checkoutFile("mosaic"), pingTool, observe, signal });
  }
  return runSimulated(topology, {
    compile: compileHosts,
    observe,
    signal,
    ...(screen.isTerminal && { pace: pacer() }),
  });
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
