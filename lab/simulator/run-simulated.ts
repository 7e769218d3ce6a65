/**
 * Runner of a topology in the simulator. `mosaic sim` and `mosaic lab` call `runSimulated`, which creates the hosts, schedules
 * events, traffic and checks, and advances virtual time. Results leave as observations.
 */
import { setImmediate } from "node:timers/promises";
import { type PeerFacts, peerFacts, peerText } from "../../runtime/node/peer-facts.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import type { SimNetworkCounters } from "../../runtime/sim/sim-network.ts";
import { type Boot, MAX_PAYLOAD, Simulation } from "../../runtime/sim/simulation.ts";
import type { ReportFlow } from "../../runtime/sim/flow-report.ts";
import { SimNat } from "../../runtime/sim/sim-nat.ts";
import { type Realm, type SimInterface, SimRouter } from "../../runtime/sim/sim-router.ts";
import { peersAt } from "../topology/peers-at.ts";
import { defaultMtu, innerMtu } from "../../runtime/wire/inner-mtu.ts";
import type { World } from "../../runtime/world/world.ts";
import type { Observe } from "../outcome/observation.ts";
import { problemIn, type QueryAnswer, queryAnswer } from "../outcome/query-answer.ts";
import { CooperativeYield } from "./cooperative-yield.ts";
import { SimulatedNodes, type SimulatedNodesSettings } from "./simulated-nodes.ts";
import { type ActionPart, partsOf, requestParts } from "../topology/action-part.ts";
import { requestOf } from "../topology/node-request.ts";
import type { Plans } from "../topology/programs.ts";
import {
  type Check,
  type NodeAction,
  type TopologyAction,
  interfacesOf,
  isNodeAction,
  plottedInterfaces,
  type Host,
  type Topology,
  type Traffic,
} from "../topology/topology.ts";
import { Wiring } from "../topology/wiring.ts";

export interface SimulatedSettings extends SimulatedNodesSettings {
  readonly plans: Plans;
  /** Called after each tick; the run waits for the promise. It can slow the run down to a visible pace. */
  readonly pace?: (at: number) => Promise<void>;
  /** Wraps the world of a host with a packet capture. Called at each start of the host. */
  readonly capture?: ((host: string, world: World) => World) | undefined;
  /** Interrupts the run. */
  readonly signal?: AbortSignal;
}

export type SimulatedOutcome =
  | {
      readonly ok: true;
      readonly network: SimNetworkCounters;
      /** The simulation at its end. Its nodes are not stopped. */
      readonly simulation: Simulation;
      readonly traceHash: string;
      /** Number of simulated events: datagrams, timers and packets. */
      readonly eventCount: number;
    }
  | { readonly ok: false; readonly message: string };

const TICK_SECONDS = 0.5;
/** Ticks between two samples of the counters of all nodes: one second. */
const TICKS_PER_SAMPLE = 2;

/** Runs a topology in virtual time. */
export async function runSimulated(topology: Topology, settings: SimulatedSettings): Promise<SimulatedOutcome> {
  const programOf = programsOf(settings.plans);
  const wiring = new Wiring(topology);
  const simulation = simulate(topology, wiring);
  const realms = makeRealms(topology, wiring);
  const nodes = new SimulatedNodes(settings, topology.hosts.length);
  const failures: string[] = [];
  const cooperativeYield = new CooperativeYield();
  for (const host of topology.hosts) {
    if (await cooperativeYield.yieldAndCheckAbort(settings.signal)) return INTERRUPTED;
    addHost(
      simulation,
      topology,
      { host, program: programOf(host), watched: settings.plans.watchedOn(host, topology) },
      { nodes, failures, capture: settings.capture, wiring, realms },
    );
  }
  for (const boot of simulation.openAll()) {
    boot();
    if (await cooperativeYield.yieldAndCheckAbort(settings.signal)) return INTERRUPTED;
  }
  if (failures[0] !== undefined) return { ok: false, message: failures[0] };
  const parts = { simulation, wiring, realms, nodes };
  schedule(parts, topology, settings.observe);
  return run(parts, topology, settings, cooperativeYield);
}

const INTERRUPTED: SimulatedOutcome = { ok: false, message: "interrupted" };

/** Returns a function that loads programs. Hosts with the same plan share a program. */
function programsOf(plans: Plans): (host: Host) => Program {
  const programs = new Map<Plan, Program>();
  return (host) => {
    const plan = plans.of(host);
    const program = programs.get(plan) ?? loadProgram(plan);
    programs.set(plan, program);
    return program;
  };
}

function simulate({ seed, hosts }: Topology, wiring: Wiring): Simulation {
  const name = (host: number): string => hosts[host]?.name ?? "";
  return new Simulation({ seed, faults: (from, to) => wiring.faults(name(from), name(to)) });
}

/** The gateways of networks, by the names of the networks. */
type Realms = ReadonlyMap<string, NonNullable<Realm>>;

function makeRealms({ networks }: Topology, wiring: Wiring): Realms {
  return new Map(
    networks.flatMap(
      ({ name, nat, gateway, translates, forward }): readonly (readonly [string, NonNullable<Realm>])[] => {
        const forwarded = forward.map((host) => wiring.attachment(host).address);
        if (gateway !== undefined) return [[name, new SimRouter(forwarded, translates)]];
        return nat === undefined ? [] : [[name, new SimNat(nat, forwarded)]];
      },
    ),
  );
}

/** Host with all that its node needs. */
interface Installation {
  readonly host: Host;
  readonly program: Program;
  readonly watched: readonly string[];
}

/** Objects that the boot of any host uses. */
interface Boots {
  readonly nodes: SimulatedNodes;
  /** Reasons why nodes could not start. */
  readonly failures: string[];
  readonly capture: SimulatedSettings["capture"];
  readonly wiring: Wiring;
  readonly realms: Realms;
}

function addHost(
  simulation: Simulation,
  topology: Topology,
  { host, program, watched }: Installation,
  { nodes, failures, capture, wiring, realms }: Boots,
): void {
  const { name } = host;
  const peers = new Set(host.peers);
  const known = topology.hosts
    .filter((peer) => peers.has(peer.name))
    .flatMap((peer) => peersAt(peer, wiring.addressFor(name, peer.name)));
  const result = peerFacts(program.plan, known);
  const facts = result.ok ? result.facts : [];
  if (!result.ok) failures.push(`${name}: ${explainPeerFailure(result)}`);
  const boot: Boot = (world) => {
    const isRunning = nodes.start({ host, program, facts, watched, peers: known }, capture?.(name, world) ?? world);
    if (!isRunning) failures.push(`${name}: the facts could not be loaded`);
  };
  const longest = innerMtu(program.plan, MAX_PAYLOAD);
  const devices = host.devices.map((device) => ({ ...device, mtu: defaultMtu(device.kind, longest) }));
  const [first, ...others] = interfacesOf(host).map(({ network, address }) => ({
    network,
    address,
    realm: realms.get(network ?? ""),
  })) as [SimInterface, ...SimInterface[]];
  const routers = topology.networks.flatMap(({ name: network, gateway }) => {
    const realm = realms.get(network);
    return gateway === name && realm instanceof SimRouter ? [realm] : [];
  });
  simulation.addHost({ name, ...first, others, routers, boot, devices });
}

function explainPeerFailure(result: PeerFacts & { readonly ok: false }): string {
  const address = peerText(result.peer);
  if (result.problem === "unknown overlay")
    return `no loaded overlay is named ${result.overlay}, which ${address} belongs to`;
  if (result.problem === "no members")
    return `peer ${address} cannot be added: no loaded overlay has a table \`member\``;
  return `several overlays are loaded (${result.carriers.join(", ")}); name the one that carries ${address} with a fact addressMap(..)`;
}

/** Parts of a running simulation that events change. */
interface RunningParts {
  readonly simulation: Simulation;
  readonly nodes: SimulatedNodes;
  readonly wiring: Wiring;
  readonly realms: Realms;
}

function schedule(parts: RunningParts, { traffic, events, checks, duration }: Topology, observe: Observe): void {
  const { simulation } = parts;
  // Events with equal times run in the order in which they were scheduled: topology events first, so that traffic and checks see their
  // effect.
  for (const { at, action } of events) {
    simulation.at(at, () => {
      for (const part of applyAction(parts, action, observe)) observe({ kind: "action", at, ...part });
    });
  }
  for (const [number, one] of traffic.entries()) {
    simulation.at(one.at, () => startTraffic(simulation, one, number, observe));
  }
  for (const [check, { at }] of checks.entries()) {
    if (at < duration)
      simulation.at(at, () => observe({ kind: "check", at, check, ...answersTo(checks[check], parts) }));
  }
}

/** Returns the answers of the check's hosts to its query; nothing for a check of another kind. */
function answersTo(
  check: Check | undefined,
  { nodes }: Pick<RunningParts, "nodes">,
): { readonly answers?: readonly QueryAnswer[] } {
  if (check?.expectation.kind !== "query") return {};
  const { hosts, query } = check.expectation;
  return {
    answers: hosts.map((host) => queryAnswer(host, nodes.ask(host, { kind: "query", text: query, form: "text" }))),
  };
}

/**
 * Makes a request to the nodes of the action's hosts. Returns the hosts whose nodes refuse it or do not answer, and logs a warning for each
 * of them.
 */
function askHosts({ simulation, nodes }: RunningParts, action: NodeAction, observe: Observe): ReadonlySet<string> {
  const refusing = new Set<string>();
  for (const host of action.hosts) {
    const problem = problemIn(nodes.ask(host, requestOf(action)));
    if (problem === undefined) continue;
    refusing.add(host);
    const text = `${action.kind} ${action.argument}: ${problem}`;
    observe({ kind: "log", at: simulation.now, host, text, isWarning: true, isFromNode: true });
  }
  return refusing;
}

/** First port of streams and transfers. Each traffic has a port of its own. */
const FIRST_PORT = 5001;

function startTraffic(simulation: Simulation, traffic: Traffic, number: number, observe: Observe): void {
  const { kernel } = simulation.host(traffic.from);
  const peer = simulation.host(traffic.to).kernel;
  const reportFlow: ReportFlow = (report) => observe({ kind: "flow", at: report.at, traffic: number, report });
  const port = FIRST_PORT + number;
  switch (traffic.kind) {
    case "ping":
      kernel.ping(traffic, traffic.every, (report) =>
        observe({ kind: "ping", at: simulation.now, traffic: number, report }),
      );
      break;
    case "udp":
      kernel.stream(peer, traffic, traffic, port, reportFlow);
      break;
    case "tcp":
      kernel.transfer(peer, traffic, traffic, port, reportFlow);
  }
}

/** Applies an action. Returns its parts with and without an effect. */
function applyAction(parts: RunningParts, action: TopologyAction, observe: Observe): readonly ActionPart[] {
  const { simulation, wiring, realms, nodes } = parts;
  if (isNodeAction(action)) return requestParts(action, askHosts(parts, action, observe));
  const actionParts = partsOf(action, {
    isRunning: (host) => simulation.host(host).isUp,
    isCut: ({ from, to }) => simulation.isCut(from, to),
  });
  switch (action.kind) {
    case "cut":
      for (const { from, to } of action.directions) simulation.cut(from, to);
      break;
    case "heal":
      for (const { from, to } of action.directions) simulation.heal(from, to);
      break;
    case "kill":
      for (const host of action.hosts) {
        nodes.end(host, simulation.now, true);
        simulation.host(host).crash();
      }
      break;
    case "start":
      for (const host of action.hosts) simulation.host(host).start();
      break;
    case "move":
      wiring.apply(action);
      for (const { host, to } of action.moves) {
        simulation.host(host).move(to.address, realms.get(to.network ?? ""), to.network);
      }
      simulation.renewFaults();
      break;
    case "change":
      wiring.apply(action);
      simulation.renewFaults();
      break;
    default:
      action satisfies never;
  }
  return actionParts;
}

async function run(
  { simulation, nodes }: RunningParts,
  topology: Topology,
  { observe, pace = yieldOnly, signal }: SimulatedSettings,
  cooperativeYield: CooperativeYield,
): Promise<SimulatedOutcome> {
  const { duration, checks, hosts } = topology;
  const plottedHosts = new Set(plottedInterfaces(topology).map(({ host }) => host));
  nodes.reportBytes(plottedHosts, simulation.now);
  const isYieldDue = (): boolean => cooperativeYield.isYieldDue;
  for (let tick = 1; simulation.now < duration; tick++) {
    const end = Math.min(tick * TICK_SECONDS, duration);
    let outcome = simulation.runUntil(end, isYieldDue);
    while (outcome.kind === "paused") {
      if (await cooperativeYield.yieldAndCheckAbort(signal)) return INTERRUPTED;
      outcome = simulation.runUntil(end, isYieldDue);
    }
    if (outcome.kind === "stuck")
      return {
        ok: false,
        message: `at ${outcome.at} s the simulation does not advance: the programs raise events without end`,
      };
    if (tick % TICKS_PER_SAMPLE === 0) {
      nodes.sample(simulation.now);
      nodes.reportBytes(plottedHosts, simulation.now);
    }
    observe({ kind: "tick", at: simulation.now });
    await pace(simulation.now);
    if (signal?.aborted === true) return INTERRUPTED;
  }
  const last = [...checks.entries()]
    .filter(([, { at }]) => at >= duration)
    .map(([check, definition]) => ({ check, at: definition.at, ...answersTo(definition, { nodes }) }));
  nodes.endAll(duration);
  for (const check of last) observe({ kind: "check", ...check });
  for (const { from, to, dropped } of simulation.fullLinks()) {
    const name = (host: number): string => hosts[host]?.name ?? "";
    observe({ kind: "queueFull", at: duration, from: name(from), to: name(to), dropped });
  }
  const { network, eventCount } = simulation;
  return { ok: true, network, simulation, eventCount, traceHash: simulation.traceHash() };
}

/** Default pace: yields to the event loop, so that signals are handled. */
async function yieldOnly(): Promise<void> {
  await setImmediate();
}
