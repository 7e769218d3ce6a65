import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { planOf } from "../control/asked-node.ts";
import { manualWorld } from "../session/manual-world.ts";
import { RecordingTun } from "../session/recording-tun.ts";

const PACKET = Uint8Array.from({ length: 40 }, (_, at) => [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 253][at] ?? 0);

/** Every way out of a node: network, device, this node, rows for other nodes, sockets. `loop` exceeds the limit of derivations. */
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
  loop: again(X + 1) :- again(X).
  start: again(0) :- stuck().
  stuck: stuck() :- go(X, _), X == "abort".
`;

function startNode() {
  const world = { ...manualWorld("here:1"), tun: new RecordingTun() };
  const settings = { names: ["here:1"], facts: [], watch: [], limits: { derivations: 1000 } };
  const node = new Node(loadProgram(planOf(PROGRAM)), world, settings);
  node.start();
  return { node, world };
}

function effectsOf({ node, world }: ReturnType<typeof startNode>): unknown {
  const sockets = node.metrics().elements.find(({ element }) => element === "Tcp");
  const sent = world.datagrams.sent.map(({ to, bytes }) => [to, bytes.length]);
  const rows = { mine: node.rows("mine"), came: node.rows("came") };
  return { sent, written: world.tun.written.length, rows, calls: sockets?.in };
}

test("the program has every element that acts when a step commits", () => {
  const { node } = startNode();
  const names = node.metrics().elements.map(({ element }) => element);
  expect(names).toEqual(expect.arrayContaining(["NetworkOut", "TunTx", "ViewChannel", "LocSpecDemux", "Tcp"]));
});

test("an aborted step has no effect, also none that a later step commits", () => {
  const [aborted, other] = [startNode(), startNode()];
  aborted.node.insert("go", ["abort", PACKET]);
  expect(effectsOf(aborted)).toEqual({ sent: [], written: 0, rows: { mine: [], came: [] }, calls: 0 });
  for (const { node } of [aborted, other]) node.insert("go", ["commit", PACKET]);
  expect(effectsOf(aborted)).toEqual(effectsOf(other));
  expect(effectsOf(other)).toMatchObject({ written: 1, rows: { mine: [["commit"]], came: [["commit"]] }, calls: 1 });
});
