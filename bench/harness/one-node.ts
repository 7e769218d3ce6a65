import type { Limits } from "../../runtime/engine/limits/limits.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import type { World } from "../../runtime/world/world.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { ALL_OPTIMISATIONS, type ViewOptimisations } from "../../src/program/view-optimisations.ts";

/** A node that runs a program in a simulated network of one host, whose clock stands still until `simulation` runs. */
export interface OneNode {
  readonly node: Node;
  readonly simulation: Simulation;
}

/** Starts a node with the program `text` and the given limits. Throws if the program has errors. */
export function oneNode(
  text: string,
  optimisations: ViewOptimisations = ALL_OPTIMISATIONS,
  limits: Partial<Limits> = {},
): OneNode {
  const library = new FileLibrary();
  library.addText("bench", text);
  const { plan } = compile(["bench"], library, { defines: new Map(), dialect: undefined, optimisations });
  if (plan === undefined) throw new Error("the program of the bench has errors");
  const worlds: World[] = [];
  const simulation = new Simulation({ seed: 1 });
  simulation.addHost({ name: "here", address: "here:1", boot: (world) => worlds.push(world) }).start();
  const node = new Node(loadProgram(plan), worlds[0] as World, { names: ["here:1"], facts: [], watch: [], limits });
  node.start();
  return { node, simulation };
}
