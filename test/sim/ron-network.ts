import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import type { Faults } from "../../runtime/sim/sim-link.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";

export type Profile = "fast" | "paper";

/** Bounds of the profiles: seconds from a failure to its detection. */
export const DETECTION: Readonly<Record<Profile, number>> = { fast: 0.5 * (4 / 3) + 6 * 0.2, paper: 12 * (4 / 3) + 3 };
const OUTAGE: Readonly<Record<Profile, number>> = { fast: 6, paper: 4 };

/** Additional rules for the experiment: an event for each link that fails. */
function observer(profile: Profile): string {
  return `o1: outage(To) :- ron.link(Me, To, _, _, ${OUTAGE[profile]}), localAddr(Me).\no2: seen(To) :- outage(To).\n`;
}

function ronProgram(profile: Profile, members: readonly string[]): Program {
  const library = new FileLibrary();
  library.addText("observer", observer(profile));
  library.addText("members", members.map((member) => `ron.member("${member}").\n`).join(""));
  const defines = new Map([["PROFILE", profile]]);
  const { plan, diagnostics } = compile(["ron.mzl", "observer", "members"], library, { defines, dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return loadProgram(plan);
}

export interface Outage {
  readonly time: number;
  readonly from: string;
  readonly to: string;
}

/** A full mesh of RON nodes in the simulator, all with one compiled program. */
export class RonNetwork {
  readonly simulation: Simulation;
  readonly addresses: readonly string[];
  readonly outages: Outage[] = [];
  readonly #nodes = new Map<string, Node>();

  constructor(count: number, profile: Profile, seed: number, faults: Faults) {
    this.addresses = Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}:10000`);
    const program = ronProgram(profile, this.addresses);
    this.simulation = new Simulation({ seed, faults: () => faults });
    for (const address of this.addresses) {
      this.simulation.addHost({ name: address, address, boot: (world) => this.#boot(program, address, world) });
    }
    for (const address of this.addresses) this.simulation.host(address).start();
  }

  #boot(program: Program, address: string, world: ConstructorParameters<typeof Node>[1]): void {
    const node = new Node(program, world, {
      names: [address],
      facts: [],
      watch: ["outage"],
      onWatch: ({ op, tuple }) => {
        if (op === "event") this.outages.push({ time: world.clock.now(), from: address, to: tuple[1] as string });
      },
    });
    this.#nodes.set(address, node);
    node.start();
  }

  node(address: string): Node {
    const node = this.#nodes.get(address);
    if (node === undefined) throw new Error(`no node ${address}`);
    return node;
  }

  /** Returns the next hop of packets of `from` to `to`. */
  next(from: string, to: string): unknown {
    return this.node(from)
      .rows("ron.RT")
      ?.find((row) => row[0] === to)?.[1];
  }

  /** Returns the routes of running nodes that lead through `dead`. */
  routesThrough(dead: string): readonly string[] {
    return this.addresses
      .filter((from) => from !== dead)
      .flatMap((from) => {
        const rows = this.node(from).rows("ron.RT") ?? [];
        return rows.filter(([to, next]) => next === dead && to !== dead).map(([to]) => `${from} to ${to as string}`);
      });
  }
}
