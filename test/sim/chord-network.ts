/** Simulated nodes of `chord.mzl`. */
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import type { Faults } from "../../runtime/sim/sim-link.ts";
import { Node } from "../../runtime/node/node.ts";
import type { Fact } from "../../runtime/node/peer-facts.ts";
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
  readonly defines?: Readonly<Record<string, string>>;
  /** File of the repository. Default: `chord-client.mzl`, which adds questions to `chord.mzl`. */
  readonly program?: string;
  /** Facts of nodes beside, or in place of, the addresses to boot or join by. */
  readonly facts?: (address: string) => readonly Fact[];
  /** Program texts of nodes that run another program. */
  readonly others?: ReadonlyMap<string, string>;
  /** Called when a list of a node changes. */
  readonly onList?: () => void;
}

export class ChordNetwork {
  readonly simulation: Simulation;
  readonly #nodes = new Map<string, Node>();
  readonly #program: Program;
  readonly #others: ReadonlyMap<string, Program>;
  readonly #facts: (address: string) => readonly Fact[];
  readonly #onList: (() => void) | undefined;
  readonly #successors: number;
  readonly #boot: readonly string[];
  readonly #joinBy = new Map<string, readonly string[]>();
  readonly #isClassic: boolean;
  readonly #hops = new Map<bigint, number>();
  readonly #answers = new Map<number, string | undefined>();
  readonly #reasons = new Map<number, string>();
  #asked = 0;
  #added = 0;

  constructor({
    successors,
    seed = 1,
    faults = { delay: 0.02 },
    program = "test/sim/chord-client.mzl",
    defines = {},
    facts = () => [],
    others = new Map(),
    onList,
  }: ChordSettings) {
    const macros = { SUCCESSORS: String(successors), ...defines };
    this.#program = compileProgram(program, macros);
    this.#others = new Map([...others].map(([address, text]) => [address, compileProgram(text, macros)]));
    this.#facts = facts;
    this.#onList = onList;
    this.#isClassic = program.includes("classic");
    this.#successors = successors;
    this.simulation = new Simulation({ seed, faults: () => faults });
    this.#boot = Array.from({ length: successors + 1 }, (_, at) => addressOf(at));
    for (const _ of this.#boot) this.join();
  }

  get addresses(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  /** Adds a host and starts its node, which joins by one of the given nodes. */
  join(by: readonly string[] = this.#boot): string {
    const address = addressOf(this.#added++);
    this.#joinBy.set(address, by);
    this.simulation.addHost({ name: address, address, boot: (world) => this.#start(address, world) }).start();
    return address;
  }

  #start(address: string, world: World): void {
    const node = new Node(this.#others.get(address) ?? this.#program, world, {
      names: [],
      facts: [...this.#factsOf(address), ...this.#facts(address)],
      watch: this.#onList === undefined ? [] : ["chord.succs"],
      onWatch: ({ tuple }) => this.#noted(tuple as Values),
    });
    this.#nodes.set(address, node);
    node.start();
  }

  #noted([name, subject, value, why]: Values): void {
    if (name === "chord.succs") this.#onList?.();
    if (name === "arrived") this.#hops.set(BigInt((subject as unknown as { readonly id: string }).id), value as number);
    else if (typeof subject === "number") this.#answers.set(subject, why === null ? (value as string) : undefined);
    if (typeof why === "string") this.#reasons.set(subject as number, why);
  }

  /** Returns the number of nodes that the last lookup of a key was passed to; 0 if it began at the owner. */
  hops(key: bigint): number {
    return this.#hops.get(key) ?? 0;
  }

  #factsOf(address: string): readonly Fact[] {
    if (this.#isClassic) return [{ predicate: "chord.landmark", args: [this.#boot[0] as string] }];
    if (this.#boot.includes(address)) return [{ predicate: "chord.boot", args: [this.#boot] }];
    return (this.#joinBy.get(address) ?? []).map((one) => ({ predicate: "chord.member", args: [one] }));
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
    if (this.#isClassic)
      return (this.node(address).rows("chord.best") ?? []).map((row) => [row[1], row[2]] as unknown as Entry);
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

  /** Whether a question has an answer or has failed. It has neither if its node stopped before. */
  isOver(number: number): boolean {
    return this.#answers.has(number);
  }

  /** Returns the address or value that answers a question; undefined if it failed. */
  answer(number: number): string | undefined {
    return this.#answers.get(number);
  }

  /** Returns the reason for which a question failed. */
  reason(number: number): string | undefined {
    return this.#reasons.get(number);
  }

  /** Returns the count of a reason in `chord.dropped` of a node. */
  dropped(address: string, reason: string): number {
    const row = this.node(address)
      .rows("chord.dropped")
      ?.find(([why]) => why === reason);
    return row?.[1] as number;
  }
}

function addressOf(at: number): string {
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
