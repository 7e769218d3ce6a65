import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import { planOf } from "../control/asked-node.ts";
import { manualWorld } from "../session/manual-world.ts";

const PROGRAM = `
  overlay ron.
  materialize(seen, infinity, infinity, keys(1)).
  snd: ron.recv(Packet) :- ron.send(_, Packet).
  fwd: note@Y(X) :- go(X, Y).
  row: seen(X) :- note(X).
  more: after(X) :- seen(X).
  dev: tun(X) :- after(X).
  udp: udp.send(S, A, B) :- udp.recv(S, A, B).
  net: told(S) :- after(A), tcp.connect(A, &S).
`;

/** Creates a node for the plan after removing the edge from its graph, or adding it. Returns the error. */
function startWith(plan: Plan, from: string, port: string, to: string): string {
  const isEdge = (edge: Plan["graph"]["edges"][number]): boolean =>
    edge.from === from && edge.port === port && edge.to === to;
  const edges = plan.graph.edges.some(isEdge)
    ? plan.graph.edges.filter((edge) => !isEdge(edge))
    : [...plan.graph.edges, { from, port, to }];
  const program = loadProgram({ ...plan, graph: { ...plan.graph, edges } });
  try {
    return `starts: ${new Node(program, manualWorld("here:1"), { names: ["here:1"], facts: [], watch: [] }).plan.graph.nodes.length}`;
  } catch (error: unknown) {
    return (error as Error).message;
  }
}

test.each([
  ["Mux", "out", "OverlayRecvUnwrap"],
  ["TunRx", "out", "Mux"],
  ["Tcp", "tcp.connect", "Mux"],
  ["UdpRx", "udp.recv", "Mux"],
  ["ReceiveDemux", "udp.send", "UdpTx"],
  ["LocSpecDemux", "ron", "OverlaySendWrap(ron)"],
  ["OverlaySendWrap(ron)", "out", "Mux"],
  ["ReceiveDemux", "rows", "Tables"],
])("a node refuses a plan whose drawing lacks the edge %s %s %s", (from, port, to) => {
  expect(startWith(planOf(PROGRAM), from, port, to)).toBe(
    `an edge is wired that the graph does not have: ${from} ${port} ${to}`,
  );
});

test.each([
  ["NetworkIn", "out", "ReceiveDemux"],
  ["RoundRobin", "out", "Mux"],
  ["ReceiveDemux", "go", "Strand(ron.row)"],
  ["Tables", "deleted ron.seen", "Strand(ron.more)"],
  ["Strand(ron.row)", "rows", "Mux"],
])("a node refuses a plan whose drawing has the edge %s %s %s, which is not wired", (from, port, to) => {
  expect(startWith(planOf(PROGRAM), from, port, to)).toBe(
    `the graph has an edge that is not wired: ${from} ${port} ${to}`,
  );
});
