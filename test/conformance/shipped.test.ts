import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { type Fact, peerFacts } from "../../runtime/node/peer-facts.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import { formatTuple } from "../../runtime/plan/values/format.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import type { World } from "../../runtime/world/world.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { ALL_OPTIMISATIONS } from "../../src/program/view-optimisations.ts";
import { compile } from "../../src/compile.ts";
import { permuted } from "./permute.ts";
import { tunAt } from "../sim/tun-at.ts";

const PROGRAMS = new URL("../../programs/", import.meta.url);
const NODES = ["1", "2", "3"];
const SECONDS = 20;
const SECRETS: ReadonlyMap<string, Uint8Array> = new Map([["esp", new Uint8Array(32)]]);

interface Shipped {
  readonly names: readonly string[];
  readonly defines?: Readonly<Record<string, string>>;
  /** Facts of a node besides its peers. */
  readonly facts?: (address: string, others: readonly string[]) => readonly Fact[];
}

/** Compiles the programs with rules and literals in the order of the seed; 0 is an order too. */
function program({ names, defines = {} }: Shipped, seed: number, optimisations = ALL_OPTIMISATIONS): Program {
  const library = new FileLibrary();
  const options = { defines: new Map(Object.entries(defines)), dialect: undefined, optimisations };
  for (const name of names) {
    const dialect = name.endsWith(".olg") ? "overlog" : "mozlog";
    library.addText(
      name,
      permuted(readFileSync(new URL(name, PROGRAMS), "utf8"), seed, { dialect, defines: options.defines }),
    );
  }
  const { plan, diagnostics } = compile([...names], library, { ...options, defines: new Map() });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return loadProgram(plan);
}

/** Returns a hash of all messages and the final tables of three nodes that lose packets while one pings the others. */
function run(shipped: Shipped, loaded: Program): { readonly hash: string; readonly tables: readonly string[] } {
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

/** The three nodes begin a Chord ring. */
const RING: Omit<Shipped, "names"> = {
  defines: { SUCCESSORS: "2" },
  facts: () => [{ predicate: "chord.boot", args: [NODES.map(address)] }],
};

const MOZLOG = readdirSync(PROGRAMS)
  .filter((name) => name.endsWith(".mzl"))
  .map((name): [string, Shipped] => {
    const rest = name === "chord.mzl" ? RING : {};
    return [name, { names: name === "tunnel.mzl" ? [name] : [name, "tunnel.mzl"], ...rest }];
  });

const first = `"${address("1")}"`;

/** Defines and facts by which each OverLog program learns of the other nodes. */
const PEERS: Readonly<Record<string, Omit<Shipped, "names">>> = {
  "chord.olg": { defines: { LANDMARK: first } },
  "mesh.olg": { defines: { BOOTSTRAP: first } },
  "gossip.olg": {
    facts: (here, others) => [
      ...others.map((other) => ({ predicate: "member", args: [here, other] })),
      { predicate: "say", args: [here, "colour", here] },
    ],
  },
  "spanning-tree.olg": {
    facts: (here, others) => others.map((other) => ({ predicate: "link", args: [here, other] })),
  },
  "path-vector.olg": {
    facts: (here, others) => others.map((other, at) => ({ predicate: "link", args: [here, other, at + 1] })),
  },
};

const OVERLOG = readdirSync(new URL("overlog/", PROGRAMS)).map((name): [string, Shipped] => [
  name,
  { names: [`overlog/${name}`], ...PEERS[name] },
]);

test.for([...MOZLOG, ...OVERLOG])(
  "the order of rules and literals changes no byte that %s sends and no row of its tables",
  ([, shipped]) => {
    const one = run(shipped, program(shipped, 0));
    expect(one.tables.length).toBeGreaterThan(NODES.length);
    for (const seed of [1, 2]) expect(run(shipped, program(shipped, seed))).toEqual(one);
  },
);

test.for([...MOZLOG, ...OVERLOG])("optimisations of calls change no row of the tables of %s", ([, shipped]) => {
  const plain = { tailCalls: false, inlineViews: false, localShortcut: false };
  const { tables } = run(shipped, program(shipped, 0, plain));
  expect(run(shipped, program(shipped, 0)).tables).toEqual(tables);
});
