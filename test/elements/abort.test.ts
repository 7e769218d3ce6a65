import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { planOf } from "../control/asked-node.ts";
import { manualWorld } from "../session/manual-world.ts";
import { RecordingTun } from "../session/recording-tun.ts";

const PACKET = Uint8Array.from({ length: 40 }, (_, at) => [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 253][at] ?? 0);

/**
 * Every way out of a node: network, device, this node, rows for other nodes, TCP and UDP sockets. `loop` exceeds the limit of
 * derivations.
 */
const PROGRAM = `
  materialize(mine, infinity, infinity, keys(1)).
  materialize(came, infinity, infinity, keys(1)).
  materialize(theirs, infinity, infinity, keys(1)).
  network: note@"you:1"(X) :- go(X, _).
  device: tun(P) :- go(_, P).
  local: came@"here:1"(X) :- go(X, _).
  table: mine(X) :- go(X, _).
  rows: theirs@"you:1"(X) :- mine(X).
  socket: connected(S) :- go(_, _), tcp.connect("1.2.3.4:5", &S).
  udp: opened(S) :- go(_, _), udp.open("1.2.3.4:5", &S).
  datagram: udp.send(X, "1.2.3.4:5", P) :- go(X, P).
  loop: again(X + 1) :- again(X).
  start: again(0) :- stuck().
  stuck: stuck() :- go(X, _), X == 1.
`;

function startNode() {
  const tun = new RecordingTun();
  const world = { ...manualWorld("here:1"), devices: [tun] };
  const settings = { names: ["here:1"], facts: [], watch: [], limits: { derivations: 1000 } };
  const node = new Node(loadProgram(planOf(PROGRAM)), world, settings);
  node.start();
  return { node, world, tun };
}

function effectsOf({ node, world, tun }: ReturnType<typeof startNode>): unknown {
  const { elements } = node.metrics();
  const calls = elements.filter(({ element }) => ["Tcp", "UdpRx"].includes(element)).map((one) => one.in);
  const datagrams = elements.find(({ element }) => element === "UdpTx");
  const sent = world.datagrams.sent.map(({ to, bytes }) => [to, bytes.length]);
  const rows = { mine: node.rows("mine"), came: node.rows("came") };
  return { sent, written: tun.written.length, rows, calls, unsent: datagrams?.dropped };
}

test("the program has every element that acts when a step commits", () => {
  const { node } = startNode();
  const names = node.metrics().elements.map(({ element }) => element);
  expect(names).toEqual(
    expect.arrayContaining(["NetworkOut", "TunTx", "ViewChannel", "LocSpecDemux", "Tcp", "UdpRx", "UdpTx"]),
  );
});

test("an aborted step has no effect, also none that a later step commits", () => {
  const [aborted, other] = [startNode(), startNode()];
  aborted.node.insert("go", [1, PACKET]);
  expect(effectsOf(aborted)).toEqual({ sent: [], written: 0, rows: { mine: [], came: [] }, calls: [0, 0], unsent: {} });
  for (const { node } of [aborted, other]) node.insert("go", [2, PACKET]);
  expect(effectsOf(aborted)).toEqual(effectsOf(other));
  expect(effectsOf(other)).toMatchObject({ written: 1, rows: { mine: [[2]], came: [[2]] }, calls: [1, 1] });
  expect(effectsOf(other)).toMatchObject({ unsent: { "udp: no socket": 1 } });
});
