import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

/** Sends a tuple by a route of several hops, all of them this node. Returns the tuples that arrive, and the drops of LocSpecDemux. */
function sent(hops: number): { readonly arrived: number; readonly drops: unknown } {
  const library = new FileLibrary();
  const route = Array.from({ length: hops }, () => '"10.0.0.1:10000"').join(", ");
  library.addText(
    "routes",
    `import "sr.mzl".\nmaterialize(got, infinity, infinity, keys(1)).\n` +
      `go: note@sr::[${route}](1) :- periodic(_, 1, 1).\nkeep: got(X) :- note(X).\n`,
  );
  const { plan, diagnostics } = compile(["routes"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const program = loadProgram(plan);
  const simulation = new Simulation({ seed: 1 });
  const nodes: Node[] = [];
  const address = "10.0.0.1:10000";
  simulation.addHost({
    name: "a",
    address,
    boot: (world) => {
      const node = new Node(program, world, { names: [address], facts: [], watch: [] });
      nodes.push(node);
      node.start();
    },
  });
  simulation.host("a").start();
  simulation.runUntil(2);
  const demux = nodes[0]?.metrics().elements.find(({ element }) => element === "LocSpecDemux");
  return { arrived: nodes[0]?.rows("got")?.length ?? 0, drops: demux?.dropped };
}

test("a route of 32 hops carries a packet, and a longer one is refused and counted", () => {
  expect(sent(32)).toEqual({ arrived: 1, drops: {} });
  expect(sent(33)).toEqual({ arrived: 0, drops: { "no address": 1 } });
});
