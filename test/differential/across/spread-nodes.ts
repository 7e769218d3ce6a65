import { Node } from "../../../runtime/node/node.ts";
import type { Program } from "../../../runtime/node/program.ts";
import { formatTuple } from "../../../runtime/plan/values/format.ts";
import { Simulation } from "../../../runtime/sim/simulation.ts";
import { PLACES } from "../schema.ts";
import type { AcrossCommand } from "./random-across.ts";

const DELAY = 0.001;
/** Seconds from one command to the next, and how long before that the tables are looked at. */
export const BEAT = 1;
export const LOOK = 0.05;

/** The program on a node a place, in a network that loses nothing. */
export class SpreadNodes {
  readonly #simulation = new Simulation({ seed: 1, faults: () => ({ delay: DELAY }) });
  readonly #nodes = new Map<string, Node>();
  #time = 0;
  /** What nodes have said that is wrong. */
  readonly complaints: string[] = [];

  constructor(program: Program) {
    for (const address of PLACES) {
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

  /** Datagrams that have arrived so far. */
  get delivered(): number {
    return this.#simulation.network.delivered;
  }

  run(command: AcrossCommand): void {
    if (command.kind !== "wait") this.#nodes.get(command.place)?.[command.kind](command.name, command.args);
    this.wait();
  }

  /** Up to the next command, which all that follows from the last should precede. */
  wait(): void {
    this.#simulation.runUntil(this.#time + BEAT - LOOK);
  }

  /** The rows of all nodes, each behind its place; then the time of the next command comes. */
  tables(names: readonly string[]): readonly string[] {
    const lines = PLACES.flatMap((place) =>
      names.flatMap((name) =>
        (this.#nodes.get(place)?.rows(name) ?? []).map((row) => formatTuple(name, [place, ...row])),
      ),
    );
    this.#time += BEAT;
    this.#simulation.runUntil(this.#time);
    return lines.toSorted();
  }
}
