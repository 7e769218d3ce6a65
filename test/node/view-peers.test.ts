import { expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
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
function greeting(name: string): Uint8Array {
  const builder = new DatagramBuilder(1452);
  builder.add({ predicate: eventSpec("?rows", 5), args: [name, 9, 1, true, []], isDelete: false });
  const [bytes] = builder.take();
  if (bytes === undefined) throw new Error("a short tuple has a datagram");
  return bytes;
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

test("a name that is no address, or too long, is malformed", () => {
  const { node, world } = listener();
  world.datagrams.deliver(greeting("here"), "short:1");
  world.datagrams.deliver(greeting(`${"x".repeat(1000)}:1`), "long:1");
  expect([...node.counters.drops]).toEqual([["malformed", 2]]);
});
