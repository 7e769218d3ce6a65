import { formatValue } from "../../runtime/plan/values/format.ts";
import type { Values, Value } from "../../runtime/plan/values/value.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

/** Delay of a datagram in seconds, and time after which nodes send only keepalives. */
const DELAY = 0.01;
const QUIET = 30;

/** A network of routing nodes, its links, and the shortest paths by an independent algorithm. */
export class RoutingNetwork {
  readonly network: ProgramNetwork;
  readonly #random: ReturnType<typeof streamOf>;
  readonly #costs = new Map<string, number>();

  constructor(program: string, count: number, seed: number) {
    const addresses = addressesOf(count);
    this.network = new ProgramNetwork({ program, addresses, seed, faults: { delay: DELAY } });
    this.#random = streamOf(seed, "links");
  }

  get addresses(): readonly string[] {
    return this.network.addresses;
  }

  /** Adds a link, cuts one, or changes the cost of one, in both directions at once. */
  change(): void {
    const known = [...this.#costs.keys()];
    const what = this.#random.integer(3);
    if (what === 0 || known.length === 0) return this.add();
    const [one = "", other = ""] = (known[this.#random.integer(known.length)] as string).split(" ");
    if (what === 1) this.#cut(one, other);
    else this.#set(one, other, 1 + this.#random.integer(9));
  }

  add(): void {
    const one = this.#random.integer(this.addresses.length);
    const other = (one + 1 + this.#random.integer(this.addresses.length - 1)) % this.addresses.length;
    this.#set(this.addresses[one] as string, this.addresses[other] as string, 1 + this.#random.integer(9));
  }

  rest(): void {
    this.network.pass(QUIET);
  }

  /** Sets the loss rate of all links. */
  lose(loss: number): void {
    for (const one of this.addresses) {
      for (const other of this.addresses) {
        if (one !== other) this.network.simulation.changeLink(one, other, { delay: DELAY, loss });
      }
    }
  }

  best(address: string): readonly Values[] {
    return this.network.rows(address, "best");
  }

  /** Routes of the nodes, as `from to cost`. */
  found(): readonly string[] {
    const rows = this.addresses.flatMap((me) => this.best(me));
    return rows.map(([from, to, , cost]) => formatRow([from, to, cost])).toSorted();
  }

  /** Expected routes, as `from to cost`. */
  wanted(): readonly string[] {
    return this.addresses
      .flatMap((me) => [...this.#shortest(me)].map(([to, cost]) => formatRow([me, to, cost])))
      .toSorted();
  }

  /** Routes whose path, or whose sequence of next hops, does not reach the destination at their cost. */
  astray(): readonly Values[] {
    return this.addresses.flatMap((me) => this.best(me)).filter((row) => !this.#leads(row));
  }

  #leads([me, dest, way, cost]: Values): boolean {
    const hops = Array.isArray(way) ? (way as readonly string[]) : this.#follow(me as string, dest as string);
    const steps = hops.slice(1).map((hop, at) => this.#costs.get(linkOf(hops[at] as string, hop)) ?? Infinity);
    return hops.at(-1) === dest && steps.reduce((sum, step) => sum + step, 0) === cost;
  }

  #follow(me: string, dest: string): readonly string[] {
    const hops = [me];
    while (hops.at(-1) !== dest && hops.length <= this.addresses.length) {
      const here = hops.at(-1) as string;
      const next = this.best(here).find(([, to]) => to === dest)?.[2];
      hops.push(next as string);
    }
    return hops;
  }

  /** Dijkstra's algorithm, without a heap. */
  #shortest(from: string): ReadonlyMap<string, number> {
    const done = new Map<string, number>();
    const open = new Map([[from, 0]]);
    while (open.size > 0) {
      const [node, cost] = [...open].reduce((least, one) => (one[1] < least[1] ? one : least));
      open.delete(node);
      done.set(node, cost);
      for (const next of this.addresses) {
        const step = this.#costs.get(linkOf(node, next));
        if (step === undefined || done.has(next)) continue;
        open.set(next, Math.min(open.get(next) ?? Infinity, cost + step));
      }
    }
    done.delete(from);
    return done;
  }

  #set(one: string, other: string, cost: number): void {
    this.#costs.set(linkOf(one, other), cost);
    this.network.node(one).insert("link", [one, other, cost]);
    this.network.node(other).insert("link", [other, one, cost]);
  }

  #cut(one: string, other: string): void {
    this.#costs.delete(linkOf(one, other));
    this.network.node(one).delete("link", [one, other, 0]);
    this.network.node(other).delete("link", [other, one, 0]);
  }
}

function formatRow(row: readonly (Value | undefined)[]): string {
  return row.map((value) => formatValue(value ?? null)).join(" ");
}

function linkOf(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
