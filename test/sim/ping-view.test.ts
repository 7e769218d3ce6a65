import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { peerFacts } from "../../runtime/node/peer-facts.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { World } from "../../runtime/world/world.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import { tunAt } from "./tun-at.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

const SECONDS = 10;

/** Measures the round trip to the other node every half second, beside pings of the kernel on the same path. */
const MEASURE = `
import "ping.mzl".
materialize(measured, infinity, infinity, keys(1)).
m1: ask(E) :- periodic(E, 0.5), localAddr(Me), Me == "10.0.0.1:10000".
m2: measured(E, RTT) :- ask(E), localAddr(Me), ping(Me, "10.0.0.2:10000", &RTT).
`;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

test.for([
  { what: "20 ms", faults: { delay: 0.02 } },
  { what: "20 ms and a jitter of 10", faults: { delay: 0.02, jitter: 0.01 } },
  { what: "20 ms and a loss of 10 %", faults: { delay: 0.02, loss: 0.1 } },
])("on a link of $what the view `ping` says what a ping of the kernel says, within 20 %", ({ faults }) => {
  const library = new FileLibrary();
  library.addText("measure", MEASURE);
  const { plan } = compile(["measure", "tunnel.mzl"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error("the program of the test has errors");
  const program = loadProgram(plan);
  const simulation = new Simulation({ seed: 1, faults: () => faults });
  const nodes: Node[] = [];
  for (const [at, other] of [
    [1, 2],
    [2, 1],
  ]) {
    const address = `10.0.0.${at}:10000`;
    const known = peerFacts(plan, [{ address: `10.0.0.${other}:10000`, virtual: `100.64.0.${other}` }]);
    const boot = (world: World): void => {
      const node = new Node(program, world, { names: [address], facts: known.ok ? known.facts : [], watch: [] });
      nodes.push(node);
      node.start();
    };
    simulation.addHost({ name: `${at}`, address, boot, devices: [tunAt(`100.64.0.${at}`, 1400)] }).start();
  }
  const roundTrips: number[] = [];
  simulation.host("1").kernel.ping({ destination: "100.64.0.2" }, 0.5, ({ kind, at, sentAt }) => {
    if (kind === "reply") roundTrips.push(at - sentAt);
  });
  simulation.runUntil(SECONDS);
  const measured = nodes[0]?.rows("measured")?.map(([, seconds]) => seconds as number) ?? [];
  expect(measured.length).toBeGreaterThan(SECONDS);
  expect(Math.abs(median(measured) / median(roundTrips) - 1)).toBeLessThan(0.2);
  expect(median(measured)).toBeGreaterThan(0.03);
});
