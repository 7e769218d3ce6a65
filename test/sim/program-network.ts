import type { Faults } from "../../runtime/sim/sim-link.ts";
import { Node } from "../../runtime/node/node.ts";
import type { NodeSettings } from "../../runtime/node/node-settings.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import type { WatchLine } from "../../runtime/observe/watch.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import type { World } from "../../runtime/world/world.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

export interface NetworkSettings {
  /** A file of the repository, or a program text of several lines. */
  readonly program: string;
  readonly addresses: readonly string[];
  readonly seed?: number;
  readonly faults?: Faults;
  readonly defines?: Readonly<Record<string, string>>;
  /** Facts of each node. */
  readonly facts?: (address: string) => readonly { readonly predicate: string; readonly args: Values }[];
  /** Secrets of each node. */
  readonly secrets?: (address: string) => ReadonlyMap<string, Uint8Array>;
  readonly limits?: NodeSettings["limits"];
}

export function compileProgram(file: string, defines: Readonly<Record<string, string>> = {}): Program {
  const library = new FileLibrary();
  const isText = file.includes("\n");
  if (isText) library.addText("network.mzl", file);
  const path = isText ? "network.mzl" : new URL(`../../${file}`, import.meta.url).pathname;
  const options = { defines: new Map(Object.entries(defines)), dialect: undefined };
  const { plan, diagnostics } = compile([path], library, options);
  if (plan === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return loadProgram(plan);
}

/** Simulated hosts that run one program. */
export class ProgramNetwork {
  readonly simulation: Simulation;
  readonly addresses: readonly string[];
  /** Watched tuples of all nodes, in order. */
  readonly said: WatchLine[] = [];
  readonly #nodes = new Map<string, Node>();

  constructor({
    program,
    addresses,
    seed = 1,
    faults = {},
    defines = {},
    facts = () => [],
    secrets = () => new Map(),
    limits,
  }: NetworkSettings) {
    this.addresses = addresses;
    const compiled = compileProgram(program, defines);
    this.simulation = new Simulation({ seed, faults: () => faults });
    for (const address of addresses) {
      const boot = (world: World): void => {
        const settings = {
          names: [],
          facts: facts(address),
          watch: [],
          secrets: secrets(address),
          ...(limits && { limits }),
        };
        const node = new Node(compiled, world, { ...settings, onWatch: (line) => this.said.push(line) });
        this.#nodes.set(address, node);
        node.start();
      };
      this.simulation.addHost({ name: address, address, boot });
    }
    this.simulation.startAll();
  }

  /** Runs the simulation for some seconds. */
  pass(seconds: number): void {
    this.simulation.runUntil(this.simulation.now + seconds);
  }

  node(address: string): Node {
    const node = this.#nodes.get(address);
    if (node === undefined) throw new Error(`no node ${address}`);
    return node;
  }

  rows(address: string, table: string): readonly Values[] {
    return this.node(address).rows(table) ?? [];
  }

  crash(address: string): void {
    this.simulation.host(address).crash();
    this.#nodes.delete(address);
  }
}

export function addressesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `10.0.0.${at + 1}:10000`);
}
