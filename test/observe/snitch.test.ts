import { expect, test } from "vitest";
import type { Node } from "../../runtime/node/node.ts";
import type { Sighting } from "../../runtime/observe/snitch.ts";
import { AskedNode } from "../control/asked-node.ts";

const PROGRAM = `
overlay o.
materialize(seen, infinity, infinity, keys(1)).
materialize(sum, infinity, infinity, keys(1)).
materialize(all, infinity, infinity, keys(1)).
snd: o.recv(Packet) :- o.send(_, Packet).
here: there@Me(X) :- go(X), localAddr(Me).
ip: there@"10.0.0.9:1"(X) :- go(X).
ov: there@o::"x"(X) :- go(X).
no: there@null(X) :- go(X).
row: seen(X) :- there(X).
dev: tun(X) :- go(X).
gone: delete seen(X) :- back(X).
more: after(X) :- seen(X).
def: all(X) :- seen(X).
`;

function crossingsOf(node: Node, act: () => void): readonly Sighting[] {
  const sightings: Sighting[] = [];
  const detach = node.snitch.attach((sighting) => sightings.push(sighting));
  act();
  detach();
  return sightings;
}

function edgeTexts(sightings: readonly Sighting[]): ReadonlySet<string> {
  return new Set(
    sightings.flatMap((one) => (one.kind === "crossing" ? [`${one.edge.from} ${one.edge.port} ${one.edge.to}`] : [])),
  );
}

test("tuples cross only edges of the plan's graph, and each edge between elements is crossed", () => {
  const { node } = new AskedNode(PROGRAM);
  const crossed = edgeTexts(
    crossingsOf(node, () => {
      node.insert("o.go", [1]);
      node.insert("o.seen", [2]);
      node.insert("o.back", [1]);
    }),
  );
  const edges = new Set(node.plan.graph.edges.map(({ from, port, to }) => `${from} ${port} ${to}`));
  expect([...crossed].filter((edge) => !edges.has(edge))).toEqual([]);
  expect([...edges].filter((edge) => !crossed.has(edge))).toEqual([
    "NetworkIn out Mux",
    "TunRx out Mux",
    "LocSpecDemux else Discard",
  ]);
});

test("a filter selects one edge, and reports tuple and location", () => {
  const { node } = new AskedNode(PROGRAM);
  const sent: unknown[] = [];
  const detach = node.snitch.attach(
    (one) => one.kind === "crossing" && sent.push([one.tuple.predicate.name, one.tuple.args, one.location]),
    { from: "LocSpecDemux", port: "ip" },
  );
  node.insert("o.go", [1]);
  detach();
  node.insert("o.go", [2]);
  expect(sent).toEqual([["o.there", [1], "10.0.0.9:1"]]);
  expect(node.snitch.isOn).toBe(false);
});

test("insertions into and deletions from derived tables are reported, and so are drops", () => {
  const { node } = new AskedNode(PROGRAM);
  const derivedOrDropped = (act: () => void): readonly unknown[] =>
    crossingsOf(node, act).flatMap((one) => {
      if (one.kind === "derived")
        return [[one.tuple.isDelete ? "-" : "+", one.tuple.predicate.name, ...one.tuple.args]];
      return one.kind === "dropped" ? [[one.element, one.reason]] : [];
    });
  expect(derivedOrDropped(() => node.insert("o.seen", [5]))).toEqual([["+", "o.all", 5]]);
  expect(derivedOrDropped(() => node.insert("o.back", [5]))).toEqual([["-", "o.all", 5]]);
  expect(derivedOrDropped(() => node.insert("o.go", [5]))).toEqual([
    ["LocSpecDemux", "no address"],
    ["TunTx", "tun: no device"],
    ["+", "o.all", 5],
  ]);
});
