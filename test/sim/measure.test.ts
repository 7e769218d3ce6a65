import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { DETECTION } from "./ron-network.ts";

const ADDRESSES = Array.from({ length: 6 }, (_, at) => `10.0.0.${at}:10000`);
const [A = "", B = ""] = ADDRESSES;

/** Six nodes with several overlays of ron.mzl, all of which have all nodes as members. */
class Overlays {
  readonly simulation: Simulation;
  readonly #nodes = new Map<string, Node>();
  /** Probes that arrived, seen on the wire side of the receivers. */
  probes = 0;

  constructor(names: readonly string[], seed: number, rules = "") {
    const library = new FileLibrary();
    const imports = names.map((name) => `import "ron.mzl"${name === "ron" ? "" : ` as ${name}`}.\n`);
    const members = names.flatMap((name) => ADDRESSES.map((address) => `${name}.member("${address}").\n`));
    library.addText("overlays", [...imports, ...members, rules].join(""));
    const { plan, diagnostics } = compile(["overlays"], library, { defines: new Map(), dialect: undefined });
    if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
    const program = loadProgram(plan);
    this.simulation = new Simulation({ seed, faults: () => ({ delay: 0.01, jitter: 0.0005 }) });
    for (const address of ADDRESSES) {
      this.simulation.addHost({ name: address, address, boot: (world) => this.#boot(program, address, world) });
    }
    for (const address of ADDRESSES) this.simulation.host(address).start();
  }

  #boot(program: ReturnType<typeof loadProgram>, address: string, world: ConstructorParameters<typeof Node>[1]): void {
    const node = new Node(program, world, {
      names: [address],
      facts: [],
      watch: ["ping.Req"],
      onWatch: ({ op }) => {
        if (op === "event") this.probes++;
      },
    });
    this.#nodes.set(address, node);
    node.start();
  }

  rows(address: string, table: string): readonly (readonly unknown[])[] {
    return this.#nodes.get(address)?.rows(table) ?? [];
  }
}

test("three overlays send as many probes as one, from the start on", () => {
  const one = new Overlays(["ron"], 1);
  const three = new Overlays(["ron", "second", "third"], 1);
  for (const time of [2, 8]) {
    one.simulation.runUntil(time);
    three.simulation.runUntil(time);
    expect(one.probes, `at ${time} s`).toBeGreaterThan(40 * time);
    expect(three.probes / one.probes, `at ${time} s`).toBeLessThan(time === 2 ? 1.1 : 1.05);
  }
});

test("all overlays notice a failure and a repair in time", () => {
  const names = ["ron", "second", "third"];
  const overlays = new Overlays(names, 2);
  const missed = (): readonly unknown[] =>
    names.map((name) => overlays.rows(A, `${name}.link`).find(([from, to]) => from === A && to === B)?.[4]);
  overlays.simulation.runUntil(4);
  expect(missed()).toEqual([0, 0, 0]);
  overlays.simulation.cut(A, B);
  overlays.simulation.runUntil(4 + DETECTION.fast + 0.1);
  expect(Math.min(...(missed() as number[]))).toBeGreaterThanOrEqual(6);
  overlays.simulation.heal(A, B);
  overlays.simulation.runUntil(7);
  expect(missed()).toEqual([0, 0, 0]);
});

test("measure.rtt returns the latest result of an overlay, and probes only where none is known", () => {
  const rules = `
    import "measure-rtt.mzl".
    materialize(asked, infinity, infinity, keys(1)).
    materialize(time, infinity, infinity, keys(1)).
    ask: asked(RTT) :- periodic(_, 2, 1), localAddr("${A}"), measure.rtt("${A}", "${B}", &RTT).
    time: time(RTT) :- periodic(_, 2, 1), localAddr("${A}"), measure.result("${A}", "${B}", RTT, _).
  `;
  const overlays = new Overlays(["ron"], 3, rules);
  overlays.simulation.runUntil(2.005);
  expect(overlays.rows(A, "asked")).toEqual(overlays.rows(A, "time"));
  expect(overlays.rows(A, "asked")).toHaveLength(1);
});
