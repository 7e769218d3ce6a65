import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { peerFacts } from "../../runtime/node/peer-facts.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import { formatTuple } from "../../runtime/plan/values/format.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import type { World } from "../../runtime/world/world.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { ALL_OPTIMISATIONS } from "../../src/program/view-optimisations.ts";
import { compile } from "../../src/compile.ts";
import { permuted } from "./permute.ts";
import { type ShippedUse, USES } from "./shipped-uses.ts";
import { hashProblem, keptHashes } from "../sim/trace-hashes.ts";
import { tunAt } from "../sim/tun-at.ts";

const PROGRAMS = new URL("../../programs/", import.meta.url);
const DEMO = new URL("../../lab/demo/", import.meta.url);
const NODES = ["1", "2", "3"];
const SECONDS = 20;
/** Name of the rules that use a program. */
const USE = "use";
const SECRETS: ReadonlyMap<string, Uint8Array> = new Map([["esp", new Uint8Array(32)]]);

interface Shipped extends ShippedUse {
  readonly names: readonly string[];
}

/** Compiles the programs with rules and literals in the order of the seed; 0 is an order too. */
function program({ names, defines = {}, rules }: Shipped, seed: number, optimisations = ALL_OPTIMISATIONS): Program {
  const library = new FileLibrary();
  const options = { defines: new Map(Object.entries(defines)), dialect: undefined, optimisations };
  for (const name of names) {
    const dialect = name.endsWith(".olg") ? "overlog" : "mozlog";
    library.addText(
      name,
      permuted(readFileSync(new URL(name, PROGRAMS), "utf8"), seed, { dialect, defines: options.defines }),
    );
  }
  if (rules !== undefined) library.addText(USE, permuted(rules, seed, { dialect: "mozlog", defines: options.defines }));
  const files = rules === undefined ? names : [...names, USE];
  const { plan, diagnostics } = compile(files, library, { ...options, defines: new Map() });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return loadProgram(plan);
}

interface RunResult {
  readonly hash: string;
  readonly tables: readonly string[];
}

const baselines = new Map<Shipped, RunResult>();

/** Returns the result of a program with its rules in one order, and with all optimisations. */
function baseline(shipped: Shipped): RunResult {
  const result = baselines.get(shipped) ?? run(shipped, program(shipped, 0));
  baselines.set(shipped, result);
  return result;
}

/** Returns a hash of all messages and the final tables of three nodes that lose packets while one pings the others. */
function run(shipped: Shipped, loaded: Program): RunResult {
  const simulation = new Simulation({ seed: 1, faults: () => ({ delay: 0.02, jitter: 0.01, loss: 0.05 }) });
  const nodes = NODES.map((name) => boot(simulation, shipped, loaded, name));
  const pinging = simulation.host("1").kernel;
  for (const name of NODES.slice(1)) pinging.ping({ destination: `100.64.0.${name}` }, 0.5, () => undefined);
  simulation.runUntil(SECONDS);
  const isShown = ({ name, table }: PredicateSpec): boolean => table !== undefined && !name.includes("?");
  const tables = loaded.plan.predicates.filter(isShown).map((spec) => spec.name);
  const rows = nodes.flatMap((node) =>
    tables.flatMap((name) => (node().rows(name) ?? []).map((row) => formatTuple(name, row))),
  );
  return { hash: simulation.traceHash(), tables: rows.toSorted() };
}

function address(name: string): string {
  return `10.0.0.${name}:10000`;
}

function boot(simulation: Simulation, { facts }: Shipped, loaded: Program, name: string): () => Node {
  const peers = NODES.filter((other) => other !== name).map((other) => ({
    address: address(other),
    virtual: `100.64.0.${other}`,
  }));
  const known = peerFacts(loaded.plan, peers);
  const others = peers.map((peer) => peer.address);
  const given = [...(known.ok ? known.facts : []), ...(facts?.(address(name), others) ?? [])];
  let node: Node | undefined;
  const start = (world: World): void => {
    node = new Node(loaded, world, { names: [address(name)], facts: given, watch: [], secrets: SECRETS });
    node.start();
  };
  const devices = [tunAt(`100.64.0.${name}`, 1400)];
  simulation.addHost({ name, address: address(name), boot: start, devices }).start();
  return () => node as Node;
}

const MOZLOG = readdirSync(PROGRAMS)
  .filter((name) => name.endsWith(".mzl"))
  .map((name): [string, Shipped] => [
    name,
    { names: name === "tunnel.mzl" ? [name] : [name, "tunnel.mzl"], ...USES[name] },
  ]);

const OVERLOG = readdirSync(new URL("overlog/", PROGRAMS)).map((name): [string, Shipped] => [
  name,
  { names: [`overlog/${name}`], ...USES[name] },
]);

/** Path of a program in the repository. */
function pathOf({ names: [name] }: Shipped): string {
  return `programs/${name}`;
}

test("shipped programs and topologies have a trace hash each", () => {
  const programs = [...MOZLOG, ...OVERLOG].map(([, shipped]) => pathOf(shipped));
  const topologies = readdirSync(DEMO).filter((name) => name.endsWith(".toml"));
  const paths = [...programs, ...topologies.map((name) => `lab/demo/${name}`)];
  expect([...keptHashes().keys()].toSorted()).toEqual(paths.toSorted());
});

test.for([...MOZLOG, ...OVERLOG])("%s keeps its trace hash in the simulator", ([, shipped]) => {
  expect(hashProblem(pathOf(shipped), baseline(shipped).hash)).toBeUndefined();
});

test.for([...MOZLOG, ...OVERLOG])(
  "the order of rules and literals changes no byte that %s sends and no row of its tables",
  ([, shipped]) => {
    const one = baseline(shipped);
    expect(one.tables.length).toBeGreaterThan(NODES.length);
    for (const seed of [1, 2]) expect(run(shipped, program(shipped, seed))).toEqual(one);
  },
);

test.for([...MOZLOG, ...OVERLOG])("optimisations of calls change no row of the tables of %s", ([, shipped]) => {
  const plain = { tailCalls: false, inlineViews: false, localShortcut: false };
  const { tables } = run(shipped, program(shipped, 0, plain));
  expect(baseline(shipped).tables).toEqual(tables);
});
