import { expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import type { Graph } from "../../runtime/plan/contract/graph.ts";

function graphOf(text: string): Graph {
  const library = new FileLibrary();
  library.addText("case.mzl", text);
  const { plan } = compile(["case.mzl"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error("the program has errors");
  return plan.graph;
}

function edgesOf(text: string): readonly string[] {
  return graphOf(text).edges.map(({ from, port, to }) => `${from} ${port} ${to}`);
}

test("strands that send have an edge to RoundRobin, those that raise events to Mux, those that change rows to the tables", () => {
  const edges = edgesOf(`
    materialize(t, infinity, infinity, keys(1)).
    sends: far@Y(X) :- one(X, Y).
    raises: near(X) :- one(X, _).
    writes: t(X) :- near(X).
    removes: delete t(X) :- gone(X).`);
  expect(edges.filter((edge) => edge.startsWith("Strand"))).toEqual([
    "Strand(sends) out RoundRobin",
    "Strand(raises) local Mux",
    "Strand(writes) rows Tables",
    "Strand(removes) rows Tables",
  ]);
});

test("strands that read events have an edge from ReceiveDemux, those that read changes of rows from the tables", () => {
  const edges = edgesOf(`
    materialize(t, infinity, infinity, keys(1)).
    heard: t(X) :- one(X).
    seen: two(X) :- t(X).`);
  expect(edges.filter((edge) => edge.includes(" Strand("))).toEqual([
    "ReceiveDemux one Strand(heard)",
    "Tables inserted t Strand(seen)",
  ]);
});

test("the strands of one rule are numbered", () => {
  const { nodes } = graphOf(`
    materialize(t, infinity, infinity, keys(1)).
    materialize(u, infinity, infinity, keys(1)).
    both: two(X) :- t(X), u(X).
    fill: t(X) :- one(X).`);
  const strands = nodes.filter((node) => node.element === "Strand");
  expect(strands.map(({ id, label, strand }) => `${strand} ${id} ${label}`)).toEqual([
    "0 Strand(both#1) both#1",
    "1 Strand(both#2) both#2",
    "2 Strand(fill) fill",
  ]);
});

test("numbers of strands count maintenance strands, which are not in the graph", () => {
  const { nodes } = graphOf(`
    materialize(t, infinity, infinity, keys(1)).
    fill: t(X) :- one(X).
    count: total(count<*>) :- t(_).`);
  const strands = nodes.filter((node) => node.element === "Strand");
  expect(strands.map((node) => node.label)).toContain("count#1");
});

test("TunRx and TunTx are between ReceiveDemux and RoundRobin; packets start steps or go to the device", () => {
  const { nodes, edges } = graphOf(`import "tunnel.mzl".`);
  const names = nodes.map(({ element }) => element);
  expect(names.slice(names.indexOf("ReceiveDemux"), names.indexOf("RoundRobin") + 1)).toEqual([
    "ReceiveDemux",
    "Tables",
    "TunRx",
    "TunTx",
    "RoundRobin",
  ]);
  const joined = edges.filter(({ from, port, to }) => port === "tun" || from === "TunRx" || to === "TunTx");
  expect(joined.map(({ from, port, to }) => `${from} ${port} ${to}`).toSorted()).toEqual([
    "ReceiveDemux tun Strand(p2p_tun)",
    "ReceiveDemux tun TunTx",
    "TunRx out Mux",
  ]);
});

test("UDP sockets have an element for calls and received datagrams, and one for sent datagrams", () => {
  const { nodes, edges } = graphOf(`
    o: opened(S) :- go(A), udp.open(A, &S).
    e: udp.send(S, From, B) :- udp.recv(S, From, B).`);
  expect(nodes.map(({ element }) => element)).toEqual(expect.arrayContaining(["UdpRx", "UdpTx"]));
  const joined = edges.filter(({ from, to }) => from.startsWith("Udp") || to.startsWith("Udp"));
  expect(joined.map(({ from, port, to }) => `${from} ${port} ${to}`)).toEqual([
    "ReceiveDemux udp.open UdpRx",
    "UdpRx udp.open Mux",
    "UdpRx udp.recv Mux",
    "ReceiveDemux udp.send UdpTx",
  ]);
});

test("calls of TCP views go to Tcp, and their outcomes start steps", () => {
  const { nodes, edges } = graphOf(`
    l1: reading(S) :- opened(A), tcp.connect(A, &S).
    l2: got(P) :- reading(S), tcp.read(S, 0, &P).
    l3: gone(S) :- tcp.closed(S).`);
  expect(nodes.map(({ element }) => element)).toContain("Tcp");
  const joined = edges.filter(({ from, to }) => from === "Tcp" || to === "Tcp");
  expect(joined.map(({ from, port, to }) => `${from} ${port} ${to}`)).toEqual([
    "ReceiveDemux tcp.connect Tcp",
    "Tcp tcp.connect Mux",
    "ReceiveDemux tcp.read Tcp",
    "Tcp tcp.read Mux",
    "Tcp tcp.closed Mux",
  ]);
});

test("names of nodes and edges are unique", () => {
  const { nodes, edges } = graphOf(`import "ron.mzl". import "ron.mzl" as backup. import "tunnel.mzl".`);
  const names = [...nodes.map((node) => node.id), ...edges.map((edge) => `${edge.from} ${edge.port} ${edge.to}`)];
  expect(names).toEqual([...new Set(names)]);
  expect(names).toContain("OverlaySendWrap(backup)");
});

test("every strand has its own node, also when a copy of a rule has the name of a strand", () => {
  const ids = graphOf(`
    materialize(t, infinity, infinity, keys(1)).
    def far(A, &B) { a: this.return(X) :- this.init(X), t(X). }
    def near(A, &B) { a: this.return(X) :- this.init(X), X > 1. }
    one: f(X, Y) :- e(X), near(X, &Y), far@X(X, &Z).
    two: g(X, Y) :- h(X), far(X, &Y).`).nodes.map(({ id }) => id);
  expect(ids.filter((id) => id.startsWith("Strand(a"))).toEqual(["Strand(a#1)", "Strand(a#2)", "Strand(a/2)"]);
  expect(new Set(ids).size).toBe(ids.length);
});
