import { expect, test, vi } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { ViewChannel } from "../../runtime/elements/view-channel.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import { decodeFields } from "../../runtime/plan/values/decode-fields.ts";
import { decodeDatagram } from "../../runtime/wire/decode.ts";
import { eventSpec } from "../predicate-spec.ts";
import { manualWorld } from "../session/manual-world.ts";

const SILENCE_SECONDS = 31;

/** Starts a node that holds rows which other nodes derive. */
function listener() {
  const library = new FileLibrary();
  library.addText(
    "theirs",
    `materialize(mine, infinity, infinity, keys(1, 2)). materialize(theirs, infinity, infinity, keys(1)).
    v: theirs@Node(Row) :- mine(Row, Node).`,
  );
  const { plan } = compile(["theirs"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error("the program has errors");
  const world = manualWorld("here:1");
  const node = new Node(loadProgram(plan), world, { names: ["here:1"], facts: [], watch: [] });
  node.start();
  return { node, world };
}

/** Returns the first message of a peer that calls the node by this name. */
function greeting(name: string, stream: Value = 9, number: Value = 1): Uint8Array {
  return datagram("?rows", [name, stream, number, true, []]);
}

function datagram(name: string, args: Values): Uint8Array {
  const [bytes] = datagrams(name, args);
  if (bytes === undefined) throw new Error("a short tuple has a datagram");
  return bytes;
}

/** Returns the tuple in a datagram, or in fragments. */
function datagrams(name: string, args: Values): readonly Uint8Array[] {
  const builder = new DatagramBuilder(1452);
  builder.add({ predicate: eventSpec(name, args.length), args, isDelete: false });
  return builder.take();
}

test("a peer that calls the node by ever more names is accepted under 16 of them, and other peers still are", () => {
  const { node, world } = listener();
  for (let number = 0; number < 100; number++) world.datagrams.deliver(greeting(`name${number}:1`), "many:1");
  expect(node.counters.drops.get("too many peers")).toBe(84);
  world.datagrams.sent.length = 0;
  world.datagrams.deliver(greeting("here:1"), "other:1");
  expect(world.datagrams.sent.map(({ to }) => to)).toEqual(["other:1"]);
});

test("of ever more peers 4096 are accepted, and others when these have been silent", () => {
  const { node, world } = listener();
  for (let number = 0; number < 5000; number++) world.datagrams.deliver(greeting("here:1"), `peer${number}:1`);
  expect(node.counters.drops.get("too many peers")).toBe(5000 - 4096);
  world.clock.advance(SILENCE_SECONDS);
  world.datagrams.deliver(greeting("here:1"), "late:1");
  expect(node.counters.drops.get("too many peers")).toBe(5000 - 4096);
});

test("messages that wait for an earlier one take at most 4 MiB for all peers, and count as memory of the node", () => {
  using pushes = vi.spyOn(ViewChannel.prototype, "push");
  const { node, world } = listener();
  const bytesOfChannel = (): number => (pushes.mock.contexts[0] as ViewChannel).bytes;
  const inlet = node.plan.predicates[node.plan.channels[0]?.inlet ?? 0]?.wire.tuple ?? 0;
  const peers = Array.from({ length: 500 }, (_, number) => `peer${number}:1`);
  const deliver = (peer: string, number: number, row: string): void => {
    for (const bytes of datagrams("?rows", ["here:1", 9, number, false, [[inlet, true, row]]])) {
      world.datagrams.deliver(bytes, peer);
    }
  };
  const row = (number: number): string => `${number}`.repeat(1000);
  for (const peer of peers) for (const number of [1, 3, 4, 5, 6, 7, 8, 9]) deliver(peer, number, row(number));
  expect(bytesOfChannel()).toBeGreaterThan(3_500_000);
  expect(bytesOfChannel()).toBeLessThan(5_000_000);
  for (const peer of peers) for (let number = 2; number < 10; number++) deliver(peer, number, row(number));
  expect(bytesOfChannel()).toBeLessThan(2_000_000);
  expect(node.rows("theirs")).toHaveLength(9);
  world.clock.advance(SILENCE_SECONDS);
  expect(bytesOfChannel()).toBe(0);
});

test("a name that is no address, or too long, is malformed", () => {
  const { node, world } = listener();
  world.datagrams.deliver(greeting("here"), "short:1");
  world.datagrams.deliver(greeting(`${"x".repeat(1000)}:1`), "long:1");
  expect([...node.counters.drops]).toEqual([["malformed", 2]]);
});

const UNCOUNTABLE: readonly number[] = [0.5, 1.5, -1, NaN, Infinity, 2 ** 53];

test("an acknowledgement with a number that counts nothing is malformed, and the stream goes on", () => {
  const { node, world } = listener();
  for (let row = 0; row < 100; row++) {
    node.insert("mine", [row, "there:1"]);
    world.clock.advance(0.05);
  }
  const [first] = world.datagrams.sent;
  const decoded = decodeDatagram(first?.bytes ?? new Uint8Array());
  const [tuple] = decoded.ok ? decoded.tuples : [];
  const [, stream = null] = (tuple && decodeFields(first?.bytes ?? new Uint8Array(), tuple.start, tuple.end, 5)) ?? [];
  const answer = (number: number): void => world.datagrams.deliver(datagram("?heard", [stream, number]), "there:1");
  for (const number of UNCOUNTABLE) answer(number);
  expect([...node.counters.drops]).toEqual([["malformed", UNCOUNTABLE.length]]);
  world.datagrams.sent.length = 0;
  answer(32);
  expect(world.datagrams.sent.length).toBeGreaterThan(0);
});

test("a message whose stream or number counts nothing is malformed", () => {
  const { node, world } = listener();
  for (const number of UNCOUNTABLE) {
    world.datagrams.deliver(greeting("here:1", 9, number), "one:1");
    world.datagrams.deliver(greeting("here:1", number), "two:1");
  }
  expect([...node.counters.drops]).toEqual([["malformed", 2 * UNCOUNTABLE.length]]);
  expect(world.datagrams.sent).toEqual([]);
});

test("a row that cannot be taken is counted and acknowledged with its message, so that the peer does not repeat it", () => {
  const { node, world } = listener();
  const inlet = node.plan.predicates[node.plan.channels[0]?.inlet ?? 0]?.wire.tuple ?? 0;
  const rows: Values = [
    [inlet, true, "taken"],
    [inlet, true],
    [inlet, true, "x".repeat(9000)],
    [inlet + 1, true, "strange"],
  ];
  for (const bytes of datagrams("?rows", ["here:1", 9, 1, true, rows])) world.datagrams.deliver(bytes, "peer:1");
  expect(Object.fromEntries(node.counters.drops)).toEqual({ "wrong type": 1, "row too long": 1, "not accepted": 1 });
  expect(node.rows("theirs")).toEqual([["taken"]]);
  const [answer] = world.datagrams.sent;
  const decoded = decodeDatagram(answer?.bytes ?? new Uint8Array());
  const [tuple] = decoded.ok ? decoded.tuples : [];
  expect(tuple && decodeFields(answer?.bytes ?? new Uint8Array(), tuple.start, tuple.end, 2)).toEqual([9, 1]);
});
