import { describe, expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import type { Datagrams, World } from "../../runtime/world/world.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import { eventSpec } from "../predicate-spec.ts";
import { compileProgram, ProgramNetwork } from "./program-network.ts";

const [SERVER, CLIENT, THIRD] = ["10.0.0.1:10000", "10.0.0.2:10000", "10.0.0.3:10000"] as const;

/** Hosts that run one program, with a delay of 0.1 s between them. */
function network(program: string, seed = 1): ProgramNetwork {
  return new ProgramNetwork({ program, addresses: [SERVER, CLIENT, THIRD], seed, faults: { delay: 0.1 } });
}

function said(net: ProgramNetwork, host: string, predicate: string): readonly (readonly unknown[])[] {
  return net.said.flatMap(({ node, op, tuple: [name, ...args] }) =>
    node === host && name === predicate && op !== "send" && op !== "recv" ? [args] : [],
  );
}

const SERVE = `
l1: waiting(L) :- serve(A), tcp.listen(A, &L).
l2: came(L, S) :- waiting(L), tcp.accept(L, &S, &_).
l3: waiting(L) :- came(L, _).
watch(came).
`;

test("a connection to a host that goes down is reset, and the reading rule is notified", () => {
  const net = network(`${SERVE}
    r1: reading(S) :- came(_, S), tcp.read(S, 0, &_).
    c1: joined(S) :- join(A), tcp.connect(A, &S).
    f1: failed(Why) :- tcp.read!fail(_, _, Why).
    f2: gone(S) :- tcp.closed(S).
    watch(failed). watch(gone).`);
  net.node(SERVER).insert("serve", ["10.0.0.1:7"]);
  net.node(CLIENT).insert("join", ["10.0.0.1:7"]);
  net.pass(2);
  net.crash(CLIENT);
  net.pass(2);
  const [[, socket] = []] = said(net, SERVER, "came");
  expect(said(net, SERVER, "failed")).toEqual([["reset"]]);
  expect(said(net, SERVER, "gone")).toEqual([[socket]]);
});

describe("a call with a timeout", () => {
  const LIMITED = `${SERVE}
    r1: reading(S) :- came(_, S).
    r2: reading(S) :- again(S).
    r3: got(S, P) :- reading(S), tcp.read(S, LENGTH, &P) timeout(1).
    r4: late(S) :- tcp.read!fail(S, _, "timeout").
    c1: joined(S) :- join(A), tcp.connect(A, &S).
    c2: wrote(S, N) :- say(S, W), tcp.write(S, W, &N).
    watch(got). watch(late). watch(joined).`;

  function late(length: string): { readonly net: ProgramNetwork; readonly here: number; readonly there: number } {
    const net = network(LIMITED.replace("LENGTH", length));
    net.node(SERVER).insert("serve", ["10.0.0.1:7"]);
    net.node(CLIENT).insert("join", ["10.0.0.1:7"]);
    net.pass(0.5);
    const here = Number(said(net, SERVER, "came")[0]?.[1]);
    const there = Number(said(net, CLIENT, "joined")[0]?.[0]);
    return { net, here, there };
  }

  test("that expires leaves later bytes to the next call", () => {
    const { net, here, there } = late("0");
    net.pass(2);
    expect(said(net, SERVER, "late")).toEqual([[here]]);
    net.node(CLIENT).insert("say", [there, "words"]);
    net.pass(2);
    expect(net.node(SERVER).metrics().streams?.readBytes).toBe(0);
    net.node(SERVER).insert("again", [here]);
    net.pass(2);
    expect(said(net, SERVER, "got")).toEqual([[here, { bytes: Buffer.from("words").toString("hex") }]]);
  });

  test("and too few bytes leaves them to the next call, too", () => {
    const { net, here, there } = late("6");
    net.node(CLIENT).insert("say", [there, "abcd"]);
    net.pass(2);
    expect(said(net, SERVER, "late")).toEqual([[here]]);
    net.node(CLIENT).insert("say", [there, "efgh"]);
    net.node(SERVER).insert("again", [here]);
    net.pass(2);
    expect(said(net, SERVER, "got")).toEqual([[here, { bytes: Buffer.from("abcdef").toString("hex") }]]);
  });
});

test("a call of a view ends with the view", () => {
  const net = network(`${SERVE}
    def soon(L, &S) timeout(1) { s1: this.return(S) :- this.init(L), tcp.accept(L, &S, &_). }
    def ever(L, &S) timeout(infinity) { s2: this.return(S) :- this.init(L), tcp.accept(L, &S, &_). }
    a1: first(S) :- hurry(L), soon(L, &S).
    a2: second(S) :- wait(L), ever(L, &S).
    a3: third(S) :- haste(L), ever(L, &S) timeout(1).
    h1: listening(L) :- hear(A), tcp.listen(A, &L).
    c1: joined(S) :- join(A), tcp.connect(A, &S).
    f1: late(L) :- soon!fail(L, _).
    watch(first). watch(second). watch(third). watch(late). watch(listening).`);
  net.node(SERVER).insert("hear", ["10.0.0.1:7"]);
  const [[listener = null] = []] = said(net, SERVER, "listening");
  net.node(SERVER).insert("hurry", [listener as number]);
  net.node(SERVER).insert("haste", [listener as number]);
  net.node(SERVER).insert("wait", [listener as number]);
  net.pass(3600);
  expect(said(net, SERVER, "late")).toEqual([[listener]]);
  net.node(CLIENT).insert("join", ["10.0.0.1:7"]);
  net.pass(2);
  expect([...said(net, SERVER, "first"), ...said(net, SERVER, "third")]).toEqual([]);
  expect(said(net, SERVER, "second")).toHaveLength(1);
});

test("a call at another node runs there, and its result returns", () => {
  const net = network(`${SERVE}
    r1: got(P) :- came(_, S), tcp.read(S, 0, &P).
    g1: opened(G, S) :- go(G, A), tcp.connect@G(A, &S).
    g2: wrote(N) :- opened(G, S), tcp.write@G(S, "by way of", &N).
    f1: failed(A, Why) :- tcp.connect!fail(A, Why).
    watch(got). watch(wrote). watch(failed).`);
  net.node(SERVER).insert("serve", ["10.0.0.1:7"]);
  net.node(CLIENT).insert("go", [THIRD, "10.0.0.1:7"]);
  net.node(CLIENT).insert("go", [THIRD, "10.0.0.1:8"]);
  net.pass(3);
  expect(said(net, CLIENT, "wrote")).toEqual([[9]]);
  expect(said(net, SERVER, "got")).toEqual([[{ bytes: Buffer.from("by way of").toString("hex") }]]);
  expect(said(net, CLIENT, "failed")).toEqual([["10.0.0.1:8", "refused"]]);
  const sockets = [CLIENT, THIRD].map((host) => net.node(host).metrics().streams?.connected);
  expect(sockets).toEqual([0, 1]);
});

test("a call at another node that nobody waits for any more is withdrawn there", () => {
  const net = network(`
    l1: opened(L) :- open(A), tcp.listen(A, &L).
    a1: taken(S) :- want(G, L), tcp.accept@G(L, &S, &_) timeout(1).
    b1: kept(S) :- keep(L), tcp.accept(L, &S, &_).
    c1: joined(S) :- join(A), tcp.connect(A, &S).
    watch(opened). watch(kept).`);
  net.node(SERVER).insert("open", ["10.0.0.1:7"]);
  const [[listener = null] = []] = said(net, SERVER, "opened");
  net.node(THIRD).insert("want", [SERVER, listener as number]);
  net.pass(5);
  net.node(SERVER).insert("keep", [listener as number]);
  net.node(CLIENT).insert("join", ["10.0.0.1:7"]);
  net.pass(5);
  expect(said(net, SERVER, "kept")).toHaveLength(1);
});

test("the network cannot make calls, answer them or close sockets where no rule makes calls elsewhere", () => {
  const forged = [
    { name: "tcp.listen.init", args: [1, THIRD, "10.0.0.1:7"] },
    { name: "tcp.read.return", args: [1, new Uint8Array(1)] },
    { name: "tcp.read.fail", args: [1, "end"] },
    { name: "tcp.closed", args: [1] },
  ];
  const simulation = new Simulation({ seed: 1 });
  let stranger: Datagrams | undefined;
  let node: Node | undefined;
  const program = compileProgram(`${SERVE}
    r1: got(P) :- came(_, S), tcp.read(S, 0, &P).
    x1: gone(S) :- tcp.closed(S).`);
  const boot = (world: World): void => {
    node = new Node(program, world, { names: [SERVER], facts: [], watch: [] });
    node.start();
  };
  simulation.addHost({ name: "server", address: SERVER, boot }).start();
  const listen = ({ datagrams }: World): void => void (stranger = datagrams);
  simulation.addHost({ name: "stranger", address: THIRD, boot: listen }).start();
  for (const { name, args } of forged) {
    const datagram = new DatagramBuilder(1400);
    datagram.add({ predicate: eventSpec(name, args.length), args, isDelete: false });
    for (const bytes of datagram.take()) stranger?.send(SERVER, bytes);
  }
  simulation.runUntil(1);
  const networkIn = node?.metrics().elements.find(({ element }) => element === "NetworkIn");
  expect(networkIn?.dropped).toEqual({ "not accepted": forged.length });
});

test("the same seed gives the same trace, with sockets too", () => {
  const program = `${SERVE}
    e1: echo(S) :- came(_, S).
    e2: echo(S) :- echo(S), tcp.read(S, 0, &P), tcp.write(S, P, &_).
    c1: talk(S, 0) :- join(A), tcp.connect(A, &S).
    c2: talk(S, M) :- talk(S, N), N < 50, tcp.write(S, "some words", &_), tcp.read(S, 10, &_), M := N + 1.`;
  const hash = (seed: number): string => {
    const faults = { delay: 0.01, jitter: 0.005, loss: 0.1 };
    const net = new ProgramNetwork({ program, addresses: [SERVER, CLIENT, THIRD], seed, faults });
    net.node(SERVER).insert("serve", ["10.0.0.1:7"]);
    for (const host of [CLIENT, THIRD]) net.node(host).insert("join", ["10.0.0.1:7"]);
    net.pass(60);
    expect(net.node(SERVER).metrics().streams).toMatchObject({ readBytes: 1000, writtenBytes: 1000 });
    return net.simulation.traceHash();
  };
  expect(hash(1)).toBe(hash(1));
  expect(hash(2)).not.toBe(hash(1));
});
