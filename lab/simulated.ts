import { setImmediate } from "node:timers/promises";
import { Node } from "../runtime/node/node.ts";
import { type Fact, type PeerFacts, peerFacts } from "../runtime/node/peer-facts.ts";
import { loadProgram, type Program } from "../runtime/node/program.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { SimNetworkCounters } from "../runtime/sim/sim-network.ts";
import { type Boot, Simulation } from "../runtime/sim/simulation.ts";
import type { World } from "../runtime/world/world.ts";
import type { Observe } from "./observation.ts";
import { type Action, faultsBetween, type Host, type Topology, watchedPredicates } from "./topology.ts";

/** The program of hosts that run the same. */
export interface ProgramRequest {
  readonly programs: readonly string[];
  readonly defines: ReadonlyMap<string, string>;
  readonly facts: readonly string[];
  /** Some of the hosts have a TUN device: without a rule that uses it, the standard tunnel belongs to the program. */
  readonly hasTun: boolean;
}

/** A plan, or what is wrong with the program, to be shown to people. */
export type PlanResult = { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly message: string };

export interface SimulatedSettings {
  readonly compile: (request: ProgramRequest) => PlanResult;
  readonly observe: Observe;
  /** Waited for after each tick: it lets time be seen to pass, or not. */
  readonly pace?: (at: number) => Promise<void>;
  /** Ends the run early. */
  readonly signal?: AbortSignal;
}

export type SimulatedOutcome =
  | {
      readonly ok: true;
      readonly network: SimNetworkCounters;
      readonly traceHash: string;
      /** Datagrams, timers and packets. */
      readonly happened: number;
    }
  | { readonly ok: false; readonly message: string };

const TICK_SECONDS = 0.5;
const MTU = 1250;

/** Runs a topology in virtual time, from its first second to its last. */
export async function runSimulated(topology: Topology, settings: SimulatedSettings): Promise<SimulatedOutcome> {
  const programs = compileAll(topology.hosts, settings.compile);
  if (!programs.ok) return programs;
  const simulation = simulate(topology);
  const failures: string[] = [];
  for (const host of topology.hosts) addHost(simulation, topology, host, programs.of(host), settings.observe, failures);
  simulation.startAll();
  if (failures[0] !== undefined) return { ok: false, message: failures[0] };
  schedule(simulation, topology, settings.observe);
  return run(simulation, topology.duration, settings);
}

type ProgramsResult =
  | { readonly ok: true; readonly of: (host: Host) => Program }
  | { readonly ok: false; readonly message: string };

/** Each program is compiled once, however many hosts run it. */
function compileAll(hosts: readonly Host[], compile: SimulatedSettings["compile"]): ProgramsResult {
  const hasTun = hosts.some((host) => host.virtual !== undefined);
  const programs = new Map<string, Program>();
  for (const { programs: files, defines, facts } of hosts) {
    const key = programKey({ programs: files, defines, facts });
    if (programs.has(key)) continue;
    const result = compile({ programs: files, defines, facts, hasTun });
    if (!result.ok) return result;
    programs.set(key, loadProgram(result.plan));
  }
  return { ok: true, of: (host) => programs.get(programKey(host)) as Program };
}

function programKey({ programs, defines, facts }: Pick<Host, "programs" | "defines" | "facts">): string {
  return JSON.stringify([programs, [...defines], facts]);
}

function simulate({ seed, hosts, links }: Topology): Simulation {
  const name = (host: number): string => hosts[host]?.name ?? "";
  return new Simulation({ seed, faults: (from, to) => faultsBetween(links, name(from), name(to)) });
}

function addHost(
  simulation: Simulation,
  topology: Topology,
  host: Host,
  program: Program,
  observe: Observe,
  failures: string[],
): void {
  const { name, address, virtual } = host;
  const peers = new Set(host.peers);
  const told = peerFacts(
    program.plan,
    topology.hosts.filter((peer) => peers.has(peer.name)),
  );
  const facts = told.ok ? told.facts : [];
  if (!told.ok) failures.push(`${name}: ${whyNotTold(told)}`);
  const boot: Boot = (world) => {
    const isRunning = startNode(program, world, host, facts, watchedPredicates(topology), observe);
    if (!isRunning) failures.push(`${name}: the facts could not be loaded`);
  };
  simulation.addHost({ name, address, boot, ...(virtual !== undefined && { tun: { address: virtual, mtu: MTU } }) });
}

function whyNotTold(told: PeerFacts & { readonly ok: false }): string {
  const { address } = told.peer;
  if (told.problem === "no members") return `no program could be told of ${address}: there is no table \`member\``;
  return `several overlays are loaded (${told.carriers.join(", ")}); say by facts which carries what is for ${address}`;
}

function startNode(
  program: Program,
  world: World,
  { name, address }: Host,
  facts: readonly Fact[],
  watch: readonly string[],
  observe: Observe,
): boolean {
  const node = new Node(program, world, {
    names: [address],
    facts,
    watch,
    onWatch: (line) => observe({ kind: "watch", at: world.clock.now(), host: name, line }),
    onLog: (text) => observe({ kind: "log", at: world.clock.now(), host: name, text }),
  });
  return node.start();
}

function schedule(simulation: Simulation, { hosts, traffic, events }: Topology, observe: Observe): void {
  const virtual = new Map(hosts.map((host) => [host.name, host.virtual ?? ""]));
  for (const [number, { from, to, every, at: start }] of traffic.entries()) {
    simulation.at(start, () => {
      simulation
        .host(from)
        .kernel?.ping(virtual.get(to) ?? "", every, (report) =>
          observe({ kind: "ping", at: simulation.now, traffic: number, report }),
        );
    });
  }
  for (const { at, action } of events) {
    simulation.at(at, () => {
      act(simulation, action);
      observe({ kind: "action", at, action });
    });
  }
}

function act(simulation: Simulation, action: Action): void {
  switch (action.kind) {
    case "cut":
      for (const { from, to } of action.ways) simulation.cut(from, to);
      break;
    case "heal":
      for (const { from, to } of action.ways) simulation.heal(from, to);
      break;
    case "kill":
      for (const host of action.hosts) simulation.host(host).crash();
      break;
    case "start":
      for (const host of action.hosts) simulation.host(host).start();
  }
}

async function run(
  simulation: Simulation,
  duration: number,
  { observe, pace = yieldOnly, signal }: SimulatedSettings,
): Promise<SimulatedOutcome> {
  for (let tick = 1; simulation.now < duration; tick++) {
    const outcome = simulation.runUntil(Math.min(tick * TICK_SECONDS, duration));
    if (outcome.kind === "stuck") return { ok: false, message: `at ${outcome.at} s the programs let no time pass` };
    observe({ kind: "tick", at: simulation.now });
    await pace(simulation.now);
    if (signal?.aborted === true) return { ok: false, message: "interrupted" };
  }
  const { network, happened } = simulation;
  return { ok: true, network, happened, traceHash: simulation.traceHash() };
}

/** Lets a signal arrive. */
async function yieldOnly(): Promise<void> {
  await setImmediate();
}
