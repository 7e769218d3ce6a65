/** `--from SCENARIO --after TIME`: nodes that run as in `mosaic sim` until a time, and where they stand then. */
import type { Standing, TakenNode } from "../../../lab/explorer/taken-node.ts";
import { TakenWorld } from "../../../lab/explorer/taken-node.ts";
import { runSimulated } from "../../../lab/simulator/run-simulated.ts";
import { hasTunDevice } from "../../../lab/topology/host-devices.ts";
import type { Host, Topology } from "../../../lab/topology/topology.ts";
import type { Fact } from "../../../runtime/node/peer-facts.ts";
import { loadProgram, type Program } from "../../../runtime/node/program.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { compileForRun } from "../run/compile-for-run.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Output } from "../terminal/output.ts";
import { controlsOf } from "../topology/host-control.ts";
import { type LoadedTopology, loadTopology } from "../topology/load-topology.ts";

/** A scenario whose nodes can be explored. */
export interface Scenario {
  readonly loaded: LoadedTopology;
  readonly plan: Plan;
  readonly hiddenColumns: ReadonlyMap<string, number>;
  readonly addresses: readonly string[];
  readonly programs: readonly Program[];
}

/** Loads a topology file. Prints what is wrong with it, and throws `Failure`. */
export function loadScenario(file: string, output: Output): Scenario {
  const loaded = loadTopology(file, output);
  const { topology, plans } = loaded;
  refuseUnexplorable(file, topology);
  const [first] = topology.hosts;
  if (first === undefined) throw runFailed(`${file} has no hosts`);
  const other = topology.hosts.find((host) => !haveEqualPredicates(plans.of(first), plans.of(host)));
  if (other !== undefined)
    throw runFailed(
      `${file}: ${first.name} and ${other.name} run different programs; an exploration needs one program for all hosts`,
    );
  const { hiddenColumns } = compileHost(first);
  const known = new Map<Plan, Program>();
  const programs = topology.hosts.map((host) => {
    const plan = plans.of(host);
    const program = known.get(plan) ?? loadProgram(plan);
    known.set(plan, program);
    return program;
  });
  const addresses = topology.hosts.map(({ address }) => address);
  return { loaded, plan: plans.of(first), hiddenColumns, addresses, programs };
}

function compileHost({ programs, defines, facts, devices }: Host): ReturnType<typeof compileForRun> {
  return compileForRun({ files: programs, defines, dialect: undefined, facts, hasTun: hasTunDevice(devices) });
}

/** Throws `Failure` if addresses differ by the observer, move, or belong together, or if nodes have secrets. */
function refuseUnexplorable(file: string, { networks, hosts }: Topology): void {
  const gateway = networks.find(({ nat, gateway: host }) => nat !== undefined || host !== undefined);
  const refused =
    (gateway && `the network ${gateway.name} has a gateway`) ??
    reasonOf(hosts, "is in several networks", ({ others }) => others.length > 0) ??
    reasonOf(hosts, "moves to another network", ({ moves }) => moves) ??
    reasonOf(hosts, "has secrets", ({ secrets }) => secrets.size > 0);
  if (refused !== undefined) throw runFailed(`${file}: ${refused}, which an exploration does not have`);
}

function reasonOf(hosts: readonly Host[], text: string, holds: (host: Host) => boolean): string | undefined {
  const host = hosts.find(holds);
  return host && `${host.name} ${text}`;
}

/** Whether the messages and tables of two plans are the same. Plans of hosts with other facts are. */
function haveEqualPredicates(one: Plan, other: Plan): boolean {
  const shape = ({ predicates }: Plan): string =>
    JSON.stringify(predicates.map(({ name, arity, wire }) => [name, arity, wire]));
  return one === other || shape(one) === shape(other);
}

/** A simulation that has come to its time, and the facts that each node gets when it restarts. */
export interface Stopped {
  readonly standing: Standing;
  readonly factsOf: (node: number) => readonly Fact[];
}

/** Runs the nodes for `seconds`, with the events, faults and traffic of the file. Throws `Failure` if that is not possible. */
export async function simulateUntil(seconds: number, { loaded, addresses }: Scenario): Promise<Stopped> {
  const { topology, plans, secretsOf } = loaded;
  const numbers = new Map(topology.hosts.map(({ name }, number) => [name, number]));
  const worlds = new Map<string, TakenWorld>();
  const nodes = new Map<string, TakenNode>();
  const facts = new Map<string, readonly Fact[]>();
  const control = controlsOf(secretsOf);
  const outcome = await runSimulated(
    { ...topology, duration: seconds, checks: [], events: topology.events.filter(({ at }) => at <= seconds) },
    {
      plans,
      secretsOf,
      observe: () => {},
      // Tokens of the send rate are state that an exploration does not take back.
      sendRate: Infinity,
      onLimit: (host, limit, rule) => worlds.get(host)?.exceeded(limit, rule),
      capture: (host, world) => {
        const taken = new TakenWorld(world, numbers.get(host) ?? 0);
        worlds.set(host, taken);
        return taken.world;
      },
      controlOf: (node, installation) => {
        const { name } = installation.host;
        nodes.set(name, { node, world: worlds.get(name) as TakenWorld });
        facts.set(name, installation.facts);
        return control(node, installation);
      },
    },
  );
  if (!outcome.ok) throw runFailed(`--from: ${outcome.message}`);
  const { simulation } = outcome;
  const nodeAt = (address: string): number => addresses.indexOf(address);
  return {
    standing: {
      nodes: topology.hosts.map(({ name }) => (simulation.host(name).isUp ? nodes.get(name) : undefined)),
      datagrams: simulation.inFlight
        .map(({ from, to, bytes }) => ({ from: nodeAt(from), to: nodeAt(to), bytes }))
        .filter(({ from, to }) => from >= 0 && to >= 0),
    },
    factsOf: (node) => facts.get(topology.hosts[node]?.name ?? "") ?? [],
  };
}
