/** Simulated nodes of `chord.mzl`. */
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import type { Faults } from "../../runtime/sim/sim-link.ts";
import { Node } from "../../runtime/node/node.ts";
import type { Program } from "../../runtime/node/program.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import type { World } from "../../runtime/world/world.ts";
import { compileProgram } from "./program-network.ts";

/** An entry of a successor list: `[Id, Address]`. */
export type Entry = readonly [bigint, string];

export interface ChordSettings {
  /** Length of successor lists. The first `successors + 1` nodes boot the ring. */
  readonly successors: number;
  readonly seed?: number;
  readonly faults?: Faults;
  /** File of the repository. Default: `chord-client.mzl`, which adds questions to `chord.mzl`. */
  readonly program?: string;
}

export class ChordNetwork {
  readonly simulation: Simulation;
  readonly #nodes = new Map<string, Node>();
  readonly #program: Program;
  readonly #successors: number;
  readonly #boot: readonly string[];
  readonly #answers = new Map<number, string | undefined>();
  #asked = 0;
  #added = 0;

  constructor({
    successors,
    seed = 1,
    faults = { delay: 0.02 },
    program = "test/sim/chord-client.mzl",
  }: ChordSettings) {
    this.#program = compileProgram(program, { SUCCESSORS: String(successors) });
    this.#successors = successors;
    this.simulation = new Simulation({ seed, faults: () => faults });
    this.#boot = Array.from({ length: successors + 1 }, (_, at) => addressOf(at));
    for (const _ of this.#boot) this.join();
  }

  get addresses(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  /** Adds a host and starts its node. */
  join(): string {
    const address = addressOf(this.#added++);
    this.simulation.addHost({ name: address, address, boot: (world) => this.#start(address, world) }).start();
    return address;
  }

  #start(address: string, world: World): void {
    const boot = { predicate: "chord.boot", args: [this.#boot] };
    const known = this.#boot.map((one) => ({ predicate: "chord.member", args: [one] }));
    const node = new Node(this.#program, world, {
      names: [],
      facts: this.#boot.includes(address) ? [boot] : known,
      watch: [],
      onWatch: ({ tuple }) => {
        const [, number, owner, why] = tuple as Values;
        if (typeof number === "number") this.#answers.set(number, why === null ? (owner as string) : undefined);
      },
    });
    this.#nodes.set(address, node);
    node.start();
  }

  crash(address: string): void {
    this.simulation.host(address).crash();
    this.#nodes.delete(address);
  }

  restart(address: string): void {
    this.simulation.host(address).restart();
  }

  /** Cuts or heals the path between two nodes, in both directions. */
  setPath(one: string, other: string, isUp: boolean): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      if (isUp) this.simulation.heal(from, to);
      else this.simulation.cut(from, to);
    }
  }

  /** Runs the simulation for some seconds. */
  pass(seconds: number): void {
    this.simulation.runUntil(this.simulation.now + seconds);
  }

  node(address: string): Node {
    return this.#nodes.get(address) as Node;
  }

  /** Returns the only value of a table of one row. */
  value(address: string, table: string): Value | undefined {
    return this.node(address).rows(`chord.${table}`)?.[0]?.[0];
  }

  list(address: string): readonly Entry[] {
    return this.value(address, "succs") as unknown as readonly Entry[];
  }

  members(): readonly string[] {
    return this.addresses.filter((address) => this.list(address).length > 0);
  }

  /** Returns the nodes of a ring, by default all that are up, whose list or predecessor is not the one of the ideal ring. */
  strays(addresses: readonly string[] = this.addresses): readonly string[] {
    const ring = inOrder(addresses);
    const length = Math.min(this.#successors, ring.length - 1);
    return ring.filter((address, at) => {
      const ideal = Array.from({ length }, (_, by) => ring[(at + 1 + by) % ring.length]);
      const before = ring[(at + ring.length - 1) % ring.length];
      const list = this.list(address).map(([, one]) => one);
      const pred = (this.value(address, "pred") as unknown as readonly unknown[])[1];
      return list.join() !== ideal.join() || pred !== before;
    });
  }

  /** Asks a node for the owner of a key. Returns a number for `answer`. */
  ask(from: string, key: bigint, view: "lookup" | "find"): number {
    this.node(from).insert("ask", [this.#asked, view, key]);
    return this.#asked++;
  }

  /** Asks a node of `dht-client.mzl` for the value of a key. Returns a number for `answer`. */
  askFor(from: string, key: string): number {
    this.node(from).insert("get", [this.#asked, key]);
    return this.#asked++;
  }

  /** Returns the address or value that answers a question; undefined if it failed. */
  answer(number: number): string | undefined {
    return this.#answers.get(number);
  }
}

export function addressOf(at: number): string {
  return `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}:10000`;
}

/** Returns the addresses in the order of the ids of their nodes. */
export function inOrder(addresses: readonly string[]): readonly string[] {
  const idOf = new Map(addresses.map((address) => [address, sha1(address)]));
  return addresses.toSorted((one, other) => ((idOf.get(one) as bigint) < (idOf.get(other) as bigint) ? -1 : 1));
}

/** Returns the owner of the key: the first node whose id is not less. */
export function ownerOf(key: bigint, ring: readonly string[]): string {
  return ring.find((address) => sha1(address) >= key) ?? (ring[0] as string);
}
