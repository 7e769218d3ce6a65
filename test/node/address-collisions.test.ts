/** Two members that claim one virtual address while the node runs are named by the log and by `mosaic top`. */
import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { Device } from "../../runtime/world/world.ts";
import { diagnoseNode } from "../../src/cli/client/diagnose-node.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { manualWorld } from "../session/manual-world.ts";
import { RecordingTun } from "../session/recording-tun.ts";

const HERE = "10.0.0.1:10000";
const [B, C] = ["10.0.0.2:10000", "10.0.0.3:10000"];
const MAP = "materialize(addressMap, infinity, infinity, keys(1)).";
const OTHER = 'addressMap("100.64.0.9", "10.0.0.9:10000").';

interface Started {
  readonly node: Node;
  readonly log: readonly string[];
  readonly world: ReturnType<typeof manualWorld>;
  /** Texts of the problems in `mosaic top` about virtual addresses. */
  readonly top: () => readonly string[];
}

function started(text: string, tun?: Device, limits: { derivations?: number } = {}): Started {
  const library = new FileLibrary();
  library.addText("p", text);
  const { plan, diagnostics } = compile(["p"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const world = { ...manualWorld(HERE), devices: tun === undefined ? [] : [tun] };
  const log: string[] = [];
  const onFailure = (message: string): void => void log.push(message);
  const node = new Node(loadProgram(plan), world, { names: [HERE], facts: [], watch: [], limits, onFailure });
  node.start();
  const top = (): readonly string[] =>
    diagnoseNode(node.metrics()).flatMap(({ text, subject }) => (subject.kind === "destination" ? [text] : []));
  return { node, log, world, top };
}

const MOVED = `the virtual address 100.64.0.2 moved from ${B} to ${C} (addressMap): if both are up, two members claim it`;
const claim = (one: string, other: string): string =>
  `two members claim the virtual address 100.64.0.2, ${one} and ${other} (addressMap): ${other} gets its packets`;

test("a row that replaces the location of another member is told once a minute, and stays in top for ten minutes", () => {
  const { node, log, world, top } = started(`${MAP} addressMap("100.64.0.2", "${B}").`);
  expect([log, top()]).toEqual([[], []]);
  node.insert("addressMap", ["100.64.0.2", C]);
  expect([log, top()]).toEqual([[MOVED], [MOVED]]);
  node.insert("addressMap", ["100.64.0.2", B]);
  expect(log).toEqual([MOVED]);
  world.clock.advance(60);
  node.insert("addressMap", ["100.64.0.2", C]);
  expect(log).toEqual([MOVED, claim(B, C)]);
  world.clock.advance(599);
  expect(top()).toEqual([`${claim(B, C)} (3 times, the last 599 s ago)`]);
  world.clock.advance(1);
  expect(top()).toEqual([]);
});

test("a row that is refreshed, and one that is deleted before another follows, collide with nothing", () => {
  const { node, log, top } = started(`${MAP} addressMap("100.64.0.2", "${B}").`);
  node.insert("addressMap", ["100.64.0.2", B]);
  node.delete("addressMap", ["100.64.0.2", B]);
  node.insert("addressMap", ["100.64.0.2", C]);
  expect([log, top()]).toEqual([[], []]);
});

test("two rules that give an address two locations in one round are told", () => {
  const { node, log, top } = started(`${MAP}
    r: addressMap(V, A) :- claims(V, A, _). s: addressMap(V, A) :- claims(V, _, A).`);
  node.insert("claims", ["100.64.0.2", B, C]);
  expect([log, top()]).toEqual([[claim(B, C)], [claim(B, C)]]);
});

test("a derived addressMap with two rows of one key is told", () => {
  const { node, log, top } = started(`${MAP}
    materialize(member, infinity, infinity, keys(1)).
    r: addressMap(V, A) :- member(A, V).`);
  node.insert("member", [B, "100.64.0.2"]);
  expect(log).toEqual([]);
  node.insert("member", [C, "100.64.0.2"]);
  expect(node.rows("addressMap")).toEqual([["100.64.0.2", B]]);
  expect([log, top()]).toEqual([[claim(C, B)], [claim(C, B)]]);
});

test("a row of a member with the address of this node's device is told; the row of this node is not", () => {
  const device = new RecordingTun("moz", "100.64.0.1/24");
  const { node, log, top } = started(`${MAP} ${OTHER}`, device);
  node.insert("addressMap", ["100.64.0.1", HERE]);
  expect(log).toEqual([]);
  node.delete("addressMap", ["100.64.0.1", HERE]);
  node.insert("addressMap", ["100.64.0.1", B]);
  const text = `this node and ${B} have the same virtual address 100.64.0.1 (addressMap)`;
  expect([log, top()]).toEqual([[text], [text]]);
});

test("a claim of a step that was undone is not told", () => {
  const { node, log } = started(
    `${MAP} addressMap("100.64.0.2", "${B}").
     r: addressMap("100.64.0.2", A) :- claim(A). s: more(N) :- claim(_), N := 1. t: more(N) :- more(M), N := M + 1.`,
    undefined,
    { derivations: 1_000 },
  );
  node.insert("claim", [C]);
  expect(node.rows("addressMap")).toEqual([["100.64.0.2", B]]);
  expect(log).toEqual([]);
});

test("a member that claims ever more addresses has a bounded number of entries and lines", () => {
  const { node, log, top } = started(`${MAP} ${OTHER}`);
  for (let number = 0; number < 1_000; number++) {
    for (const location of [B, C]) node.insert("addressMap", [`100.65.${number >> 8}.${number & 255}`, location]);
  }
  expect(top()).toHaveLength(100);
  expect(log).toHaveLength(10);
});
