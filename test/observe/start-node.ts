import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { ALL_OPTIMISATIONS, type ViewOptimisations } from "../../src/program/view-optimisations.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { manualWorld } from "../session/manual-world.ts";

/** Starts a node in an isolated world. */
export function startNode(
  program: string,
  address = "here:1",
  optimisations: ViewOptimisations = ALL_OPTIMISATIONS,
): { readonly node: Node; readonly world: ReturnType<typeof manualWorld> } {
  const library = new FileLibrary();
  library.addText("program", program);
  const { plan, diagnostics } = compile(["program"], library, {
    defines: new Map(),
    dialect: undefined,
    optimisations,
  });
  if (plan === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  const world = manualWorld(address);
  const node = new Node(loadProgram(plan), world, { names: [address], facts: [], watch: [] });
  node.start();
  return { node, world };
}
