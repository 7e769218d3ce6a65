import { Node } from "../../../runtime/node/node.ts";
import type { Program } from "../../../runtime/node/program.ts";
import { formatTuple } from "../../../runtime/plan/values/format.ts";
import { Simulation } from "../../../runtime/sim/simulation.ts";
import { LOCATIONS } from "../schema.ts";
import type { AcrossCommand } from "./random-across.ts";

const DELAY = 0.001;
/** Seconds between two commands, and between the comparison of tables and the next command. */
export const BEAT = 1;
export const LOOK = 0.05;

/** Program on one node per location, in a network without loss. */
export class SpreadNodes {
  readonly #simulation = new Simulation({ seed: 1, faults: () => ({ delay: DELAY }) });
  readonly #nodes = new Map<string, Node>();
  #time = 0;
  /** Errors that nodes have logged. */
  readonly complaints: string[] = [];

  constructor(program: Program) {
    for (const address of LOCATIONS) {
      const boot = (world: ConstructorParameters<typeof Node>[1]): void => {
        const onLog = (message: string): void => void this.complaints.push(`${address} ${message}`);
        const node = new Node(program, world, {
          names: [address],
          facts: [],
          watch: [],
          onWatch: () => undefined,
          onLog,
        });
        this.#nodes.set(address, node);
        node.start();
      };
      this.#simulation.addHost({ name: address, address, boot }).start();
    }
    this.wait();
  }

  /** Number of datagrams that have arrived. */
  get delivered(): number {
    return this.#simulation.network.delivered;
  }

  run(command: AcrossCommand): void {
    if (command.kind !== "wait") this.#nodes.get(command.location)?.[command.kind](command.name, command.args);
    this.wait();
  }

  /** Runs until just before the next command. All effects of the last command should be over then. */
  wait(): void {
    this.#simulation.runUntil(this.#time + BEAT - LOOK);
  }

  /** Returns the rows of all nodes, each with its location as first value, and advances to the next command. */
  tables(names: readonly string[]): readonly string[] {
    const lines = LOCATIONS.flatMap((location) =>
      names.flatMap((name) =>
        (this.#nodes.get(location)?.rows(name) ?? []).map((row) => formatTuple(name, [location, ...row])),
      ),
    );
    this.#time += BEAT;
    this.#simulation.runUntil(this.#time);
    return lines.toSorted();
  }
}
