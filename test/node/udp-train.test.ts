import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { trainOf } from "../../runtime/plan/values/train.ts";
import { datagramsOf } from "../../runtime/wire/datagram-train.ts";
import type { UdpSockets } from "../../runtime/world/udp-sockets.ts";
import type { Datagram, Datagrams } from "../../runtime/world/world.ts";
import { manualWorld } from "../session/manual-world.ts";
import { compileProgram } from "../sim/program-network.ts";

/** Runs a rule on a train of three datagrams. Returns the numbers of steps and what left, a train as one line. */
function answersTo(rule: string): { readonly steps: number; readonly sent: readonly string[] } {
  const sent: string[] = [];
  let receive: (datagram: Datagram) => void = () => undefined;
  const socket: Datagrams = {
    address: "here:7",
    maxPayload: 1452,
    counters: { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() },
    onDatagram: (received) => void (receive = received),
    send: (to, bytes) => void sent.push(`${to} ${textOf(bytes)}`),
    sendTrain: (to, train) => void sent.push(`${to} ${datagramsOf(train).map(textOf).join("+")}`),
    close: () => Promise.resolve(),
  };
  const udp: UdpSockets = { open: (_, opened) => opened({ ok: true, value: socket }) };
  const world = { ...manualWorld("here:1"), udp };
  const program = compileProgram(`
    materialize(socket, infinity, infinity, keys(1)).
    o: socket(S) :- open(A), udp.open(A, &S).
    e: ${rule}`);
  const node = new Node(program, world, { names: ["here:1"], facts: [], watch: [] });
  node.start();
  node.insert("open", ["here:7"]);
  const before = node.metrics().steps.steps;
  receive({ bytes: trainOf(["ab", "cd", "e"].map((text) => Buffer.from(text))), from: "there:9" });
  return { steps: node.metrics().steps.steps - before, sent };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

test("a rule that passes a train on answers it in one step and by one call", () => {
  const echo = answersTo("udp.send(S, From, B) :- udp.recv(S, From, B).");
  expect(echo).toEqual({ steps: 1, sent: ["there:9 ab+cd+e"] });
  const wrapped = answersTo('udp.send(S, From, f_pack("1b", 126, B)) :- udp.recv(S, From, B), socket(S).');
  expect(wrapped).toEqual({ steps: 1, sent: ["there:9 ~ab+~cd+~e"] });
});

test("a rule that reads the bytes sees the datagrams one by one, in order", () => {
  const read = answersTo('udp.send(S, From, f_text(B) + "!") :- udp.recv(S, From, B).');
  expect(read.sent).toEqual(["there:9 ab!", "there:9 cd!", "there:9 e!"]);
});
