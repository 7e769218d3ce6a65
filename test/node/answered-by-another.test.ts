import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { diagnoseNode } from "../../src/cli/client/diagnose-node.ts";
import { ManualClock, ManualDatagrams, manualWorld } from "../session/manual-world.ts";
import { compileProgram } from "../sim/program-network.ts";

const LOOKUP = `
materialize(next, infinity, 1, keys(1)).
materialize(holds, infinity, infinity, keys(1)).
materialize(found, infinity, infinity, keys(1)).
def find(Key, &Where) timeout(5) {
  l1: this.return(Me) :- this.init(Key), holds("k"), localAddr(Me).
  l2: this.return(Where) :- this.init(Key), !holds("k"), next(Next), find@Next(Key, &Where).
}
r: found(Key, Where) :- want(Key), find(Key, &Where).
`;

/** Socket with path probes, as a real one has. */
class ProbingDatagrams extends ManualDatagrams {
  probe(to: string, bytes: Uint8Array): boolean {
    this.send(to, bytes);
    return true;
  }
}

/** Nodes on one clock whose datagrams arrive at once, except those to nodes that are down. */
class Network {
  readonly clock: ManualClock = new ManualClock();
  readonly nodes: Map<string, Node> = new Map();
  readonly #sockets = new Map<string, ProbingDatagrams>();

  add(name: string): Node {
    const datagrams = new ProbingDatagrams(name);
    const world = { ...manualWorld(name), clock: this.clock, datagrams };
    const node = new Node(compileProgram(LOOKUP), world, { names: [name], facts: [], watch: [] });
    node.start();
    this.#sockets.set(name, datagrams);
    this.nodes.set(name, node);
    return node;
  }

  pass(seconds: number): void {
    for (let tenths = 0; tenths < seconds * 10; tenths++) {
      this.clock.advance(0.1);
      this.#deliver();
    }
  }

  #deliver(): void {
    for (let isMore = true; isMore; ) {
      isMore = false;
      for (const [from, { sent }] of this.#sockets) {
        for (const { to, bytes } of sent.splice(0)) {
          this.#sockets.get(to)?.deliver(bytes, from);
          isMore = true;
        }
      }
    }
  }
}

function accused(node: Node | undefined): readonly string[] {
  return node === undefined ? [] : diagnoseNode(node.metrics()).map(({ subject }) => subject.name);
}

test("a node that hands calls on is not accused of silence, one that is down is", () => {
  const network = new Network();
  const [a, b, c] = ["a:1", "b:1", "c:1"].map((name) => network.add(name)) as [Node, Node, Node];
  a.insert("next", ["b:1"]);
  b.insert("next", ["c:1"]);
  c.insert("holds", ["k"]);
  for (let second = 0; second < 30; second++) {
    a.insert("want", [second]);
    network.pass(1);
  }
  expect(a.rows("found")).toHaveLength(30);
  expect(a.metrics().peers.find(({ address }) => address === "b:1")?.receivedTuples).toBe(0);
  expect(accused(a)).toEqual([]);
  a.insert("next", ["gone:1"]);
  for (let second = 30; second < 60; second++) {
    a.insert("want", [second]);
    network.pass(1);
  }
  expect(accused(a)).toEqual(["gone:1"]);
});
