/** Long values of a message: rules that multiply them are refused, and rules that take a small part of them keep only this part. */
import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { KEY_MAX } from "../../runtime/plan/values/key.ts";
import { bytesOfPacket } from "../../runtime/plan/values/packet-bytes.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { manualWorld } from "../session/manual-world.ts";

/** Length of the longest text of a message, about. */
const MESSAGE = 250_000;
const TEXT = "x".repeat(MESSAGE);
const BYTES = new Uint8Array(MESSAGE);

interface Started {
  readonly node: Node;
  readonly log: string[];
}

function started(text: string): Started {
  const library = new FileLibrary();
  library.addText("text", text);
  const { plan, diagnostics } = compile(["text"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const log: string[] = [];
  const note = (message: string): void => void log.push(message);
  const settings = { names: ["here:1"], facts: [], watch: [], onLog: note, onFailure: note };
  const node = new Node(loadProgram(plan), manualWorld("here:1"), settings);
  node.start();
  return { node, log };
}

/** `X0` to `X<times>`, each made of twice the one before. */
function doubled(times: number, twice: (of: string) => string): string {
  return Array.from({ length: times }, (_, at) => `X${at + 1} := ${twice(`X${at}`)}`).join(", ");
}

type Refused = readonly [title: string, body: string, argument: Value];

const REFUSED: readonly Refused[] = [
  ["a text", `${doubled(7, (x) => `${x} + ${x}`)}, V := X7`, TEXT],
  ["bytes", `${doubled(7, (x) => `f_concat(${x}, ${x})`)}, V := X7`, BYTES],
  ["a list of itself", `${doubled(7, (x) => `[${x}, ${x}]`)}, V := X7`, TEXT],
  ["a list of bytes", `${doubled(7, (x) => `[${x}, ${x}]`)}, V := X7`, BYTES],
  ["joined lists", `Y := [X0, X0], ${doubled(7, (x) => `${x} + ${x}`).replaceAll("X0", "Y")}, V := X7`, TEXT],
  ["f_append", `${doubled(7, (x) => `f_append([${x}], ${x})`)}, V := X7`, TEXT],
  ["f_cons", `${doubled(7, (x) => `f_cons(${x}, [${x}])`)}, V := X7`, TEXT],
  ["f_initlist", `${doubled(7, (x) => `f_initlist(${x}, ${x})`)}, V := X7`, TEXT],
  ["f_pack", `${doubled(7, (x) => `f_pack("bb", ${x}, ${x})`)}, V := X7`, BYTES],
  ["f_bytes of a text", `${doubled(6, (x) => `${x} + ${x}`)}, V := f_bytes(X6)`, "\u4e00".repeat(MESSAGE)],
  ["f_tostr", `${doubled(5, (x) => `f_concat(${x}, ${x})`)}, V := f_tostr([X5, X5])`, BYTES],
  ["nested packets", `${doubled(7, (x) => `two(${x}, ${x})`)}, V := X7`, TEXT],
  ["an address", `${doubled(7, (x) => `ov::(${x}, ${x})`)}, V := X7`, TEXT],
];

test.each(REFUSED)("an expression has no value if the value has more than 16 MiB: %s", (_, body, argument) => {
  const { node, log } = started(`
materialize(kept, infinity, infinity, keys(1)).
ov.recv(P) :- ov.send(_, _, P).
h: heard(X) :- two(X, _).
r: kept(V) :- go(X0), ${body}.`);
  expect(node.operate("go", [argument], false)).toBe("done");
  expect(node.rows("kept")).toEqual([]);
  expect(node.metrics().rules.find(({ rule }) => rule === "r")?.failed).toBe(1);
  expect(log.join("\n")).toContain("has no value for");
});

const LONG = doubled(6, (x) => `${x} + ${x}`);

test.each([
  ["the primary key", "materialize(kept, infinity, infinity, keys(1,2,3,4,5)). r: kept(X, X, X, X, X) :- long(X)."],
  [
    "a table without a primary key",
    "materialize(kept, infinity, infinity, keys()). r: kept(X, X, X, X, X) :- long(X).",
  ],
  [
    "an index",
    `materialize(kept, infinity, infinity, keys(1)). r: kept(1, X, X, X, X, X) :- long(X).
     s: seen() :- asked(A, B, C, D, E), kept(_, A, B, C, D, E).`,
  ],
  [
    "a row of a derived table",
    `materialize(in, infinity, infinity, keys(1)). materialize(kept, infinity, infinity, keys(1)).
    i: in(X) :- long(X). r: kept(X, X, X, X, X) :- in(X).`,
  ],
  [
    "events that differ in the middle of a text",
    `materialize(kept, infinity, infinity, keys(1)). h: kept(1) :- many(_, _, _, _, _).
     r: many(Y, Y, Y, Y, Y) :- long(X), N <- [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], Y := X + f_tostr(N % 10) + "${"y".repeat(20)}".`,
  ],
])("a step is undone if a key of its rows has more than 64 MiB: %s", (_, rules) => {
  const { node, log } = started(`${rules} l: long(X6) :- go(X0), ${LONG}.`);
  expect(node.operate("go", [TEXT], false)).toBe("limit");
  expect(node.rows("kept")).toEqual([]);
  expect(node.metrics().refused).toEqual([
    expect.objectContaining({ cause: "go", limit: "characters in the key of a tuple", count: 1 }),
  ]);
  expect(log.join("\n")).toContain(`its limit of ${KEY_MAX} characters in the key of a tuple in rule`);
  expect(node.operate("go", ["short"], false)).toBe("done");
  expect(node.rows("kept")).toHaveLength(1);
});

test("an aggregate has no value if its values have more than 16 MiB", () => {
  const { node } = started(`
materialize(part, infinity, infinity, keys(1)).
materialize(all, infinity, infinity, keys(1)).
a: all(0, list<X>) :- part(_, X).
i: part(N, X + f_tostr(N)) :- go(N, X).`);
  const wholes = Array.from({ length: 70 }, (_, at) => {
    expect(node.operate("go", [at, TEXT], false)).toBe("done");
    return node.rows("all")?.length ?? 0;
  });
  expect(wholes.lastIndexOf(1)).toBe(66);
  expect(wholes.at(-1)).toBe(0);
  expect(node.metrics().steps.failedAggregates).toBe(3);
});

test("a row keeps a packet without the message that the packet was taken from", () => {
  const { node } = started(`
materialize(kept, infinity, infinity, keys(1)).
later@Me(P) :- go(B), P := f_packet(B), localAddr(Me).
k: kept([Q]) :- later(P), outer(Q, _) <- P.
h: heard(X, Y) :- outer(X, Y).`);
  const outer = node.plan.predicates.find(({ name }) => name === "outer");
  if (outer === undefined) throw new Error("no predicate");
  const inner = Packet.of({ predicate: outer, args: [1, 2], isDelete: false });
  const message = Packet.of({ predicate: outer, args: [inner, BYTES], isDelete: false });
  expect(node.operate("go", [bytesOfPacket(message) as Uint8Array], false)).toBe("done");
  const [[[packet]]] = node.rows("kept") as unknown as [[[Packet]]];
  expect(packet.body).toHaveLength(4);
  expect(packet.body?.buffer.byteLength).toBe(4);
});
