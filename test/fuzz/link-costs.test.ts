import { expect, test } from "vitest";
import { streamOf } from "../../runtime/world/random.ts";
import { ADDRESSES, compileFuzzed, type FuzzedProgram, PROGRAMS } from "./fuzzed-program.ts";
import { FuzzedNetwork } from "./fuzzed-network.ts";

/** Costs that do not make a path longer: nothing, or too little beside the rest of the path. */
const COSTS: readonly number[] = [0, 0, -0, -1, 1, -Infinity, Infinity, 1e300];
const CHANGES = 60;
/** Number of rule runs for one change of a link on all three nodes together. */
const RUNS_MAX = 3_000;

test.for(["ls.mzl", "dv.mzl", "pv.mzl"])("%s has an end for links of any cost in a circle", (name) => {
  const fuzzed = PROGRAMS[name] as FuzzedProgram;
  const network = new FuzzedNetwork(compileFuzzed(fuzzed), fuzzed, 1);
  const random = streamOf(1, "costs");
  const runs = (): number =>
    network.nodes.flatMap((node) => [...node.counters.engine.fired]).reduce((sum, fired) => sum + fired, 0);
  const { simulation } = network;
  simulation.runUntil(2);
  for (let change = 0; change < CHANGES; change++) {
    const before = runs();
    const node = random.integer(3);
    const args = [
      ADDRESSES[node] as string,
      ADDRESSES[random.integer(3)] as string,
      COSTS[random.integer(8)] as number,
    ];
    if (random.integer(4) === 0) network.nodes[node]?.delete("link", args);
    else network.nodes[node]?.insert("link", args);
    simulation.runUntil(simulation.now + 0.5);
    expect(runs() - before).toBeLessThan(RUNS_MAX);
  }
  expect(network.nodes.map((node) => node.counters.engine.stopped)).toEqual([0, 0, 0]);
});
