/** Amounts of data, nestings and layers that no program text bounds: a node must handle each, or refuse it and count the refusal. */
import { expect, test } from "vitest";
import type { Fact } from "../../runtime/node/peer-facts.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { wireHash } from "../../runtime/plan/values/wire-hash.ts";
import { splitMessage } from "../../runtime/wire/fragment.ts";
import { PACKET, STRING } from "../../runtime/plan/values/tags.ts";
import { Writer } from "../../runtime/plan/values/writer.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { type ManualDatagrams, manualWorld } from "../session/manual-world.ts";

const MILLION = 1_000_000;
const HERE = "10.0.0.1:10000";
const THERE = "10.0.0.2:10000";

interface Started {
  readonly node: Node;
  readonly datagrams: ManualDatagrams;
}

function started(text: string, facts: readonly Fact[] = []): Started {
  const library = new FileLibrary();
  library.addText("bounds", text);
  const { plan, diagnostics } = compile(["bounds"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const world = manualWorld(HERE);
  const limits = {
    derivations: Infinity,
    rounds: Infinity,
    memory: Infinity,
    stepMemory: Infinity,
    computedRows: Infinity,
  };
  const node = new Node(loadProgram(plan), world, { names: [HERE], facts, watch: [], limits });
  node.start();
  return { node, datagrams: world.datagrams };
}

function rows(node: Node, table: string): readonly unknown[] {
  return [...(node.table(table)?.rows() ?? [])];
}

function drops(node: Node, element: string): unknown {
  return node.metrics().elements.find((one) => one.element === element)?.dropped;
}

test("an aggregate, a commit, a list and a round hold a million items", () => {
  const facts = Array.from({ length: MILLION }, (_, at): Fact => ({ predicate: "e", args: [at, 0] }));
  const { node } = started(
    `
    materialize(e, infinity, infinity, keys(1)).
    materialize(c, infinity, infinity, keys(1)).
    materialize(size, infinity, infinity, keys(1)).
    materialize(last, infinity, infinity, keys(1)).
    r1: c(Y, count<*>) :- e(_, Y).
    r2: all(list<X>) :- go(), e(X, _).
    r3: size(f_size(L)) :- all(L).
    r4: each(X) :- all(L), X <- L.
    r5: last(X) :- each(X), X == ${MILLION - 1}.
    `,
    facts,
  );
  expect(rows(node, "c")).toEqual([[0, MILLION]]);
  expect(node.operate("go", [], false)).toBe("done");
  expect(rows(node, "size")).toEqual([[MILLION]]);
  expect(rows(node, "last")).toEqual([[MILLION - 1]]);
}, 60_000);

test.each([
  ["a list", "next([X]) :- next(X)."],
  ["a list that a function builds", "next(f_cons(X, [])) :- next(X)."],
  ["an aggregate", "next(list<X>) :- next(X), one(_)."],
  ["an address", 'next(o::(A, X)) :- next(X), A := "a". s: sent(P) :- send(_, _, P).'],
])("a rule that nests %s without end fails at the bound", (_, text) => {
  const { node } = started(`
    overlay o.
    materialize(one, infinity, infinity, keys(1)).
    one(1).
    nests: ${text}
  `);
  expect(node.operate("o.next", [0], false)).toBe("done");
  const nesting = node.metrics().rules.find(({ rule }) => rule.endsWith("nests"));
  expect([nesting?.firings, nesting?.failed]).toEqual([65, 1]);
});

test("a rule that puts packets into packets without end is dropped at the bound", () => {
  const { node } = started(`
    overlay o.
    s: wrapped@o::To(P) :- send(To, P).
    t: wrapped@o::To(0) :- go(To).
  `);
  expect(node.operate("o.go", ["a"], false)).toBe("done");
  expect(drops(node, "OverlaySendWrap")).toEqual({ "too many layers": 1 });
});

const OVERLAY = `
  overlay ron.
  accept send(string, tuple).
  accept note(string).
  s1: recv(P) :- send(_, P).
  materialize(unwrapped, infinity, infinity, keys(1)).
  materialize(seen, infinity, infinity, keys(1)).
  s2: seen(P) :- recv(P).
  s3: unwrapped(count<*>) :- seen(_).
  s4: arrived(X) :- note(X).
`;
const LAYERS = 10_000;
const SIZE = 250_100;

/** Returns a message of about `SIZE` bytes: so many packets inside each other, for the overlay at this node, around a note. */
function layered(layers: number): Uint8Array {
  const writer = new Writer();
  const send = wireHash("ron.send", 2, "event");
  const head = 2 + HERE.length + 1 + 1 + 4;
  const text = SIZE - layers * (head + 3);
  const lengths = [1 + varintLength(text) + text];
  for (let layer = 0; layer < layers; layer++) {
    const inner = lengths[layer] as number;
    lengths.push(head + varintLength(inner) + inner);
  }
  writer.u32(send);
  writer.varint(lengths[layers] as number);
  for (let layer = layers - 1; layer >= 0; layer--) {
    writer.byte(STRING);
    writer.text(HERE);
    writer.byte(PACKET);
    writer.byte(0);
    writer.u32(layer === 0 ? wireHash("ron.note", 1, "event") : send);
    writer.varint(lengths[layer] as number);
  }
  writer.byte(STRING);
  writer.text("x".repeat(text));
  return writer.copy(0, writer.length);
}

function varintLength(number: number): number {
  return number < 128 ? 1 : number < 16_384 ? 2 : 3;
}

/** Delivers a message in fragments. */
function deliver({ datagrams }: Started, message: Uint8Array): void {
  for (const piece of splitMessage(message, 1452) ?? []) datagrams.deliver(piece, THERE);
}

test.each([
  [1, {}, 1],
  [32, {}, 32],
  [33, { "too many layers": 1 }, 0],
  [LAYERS, { "too many layers": 1 }, 0],
])("a message with %i layers of packets", (layers, dropped, unwrapped) => {
  const receiver = started(OVERLAY);
  deliver(receiver, layered(layers));
  expect(drops(receiver.node, "NetworkIn")).toEqual(dropped);
  expect(rows(receiver.node, "ron.unwrapped")).toEqual(unwrapped === 0 ? [] : [[unwrapped]]);
});

test("layers beyond the bound cost at most twice a flat message of that size", () => {
  const seconds = (message: Uint8Array): number => {
    const receivers = Array.from({ length: 20 }, () => started(OVERLAY));
    const start = performance.now();
    for (const receiver of receivers) deliver(receiver, message);
    return performance.now() - start;
  };
  const [flat, deep] = [layered(1), layered(LAYERS)];
  seconds(flat);
  expect(seconds(deep)).toBeLessThan(2 * seconds(flat));
});
