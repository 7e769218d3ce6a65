import { expect, test } from "vitest";
import { Control } from "../../runtime/control/control.ts";
import { Session } from "../../runtime/control/session.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { formatTuple } from "../../runtime/plan/values/format.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import type { World } from "../../runtime/world/world.ts";
import { columnNames } from "../../src/query/column-names.ts";
import { NodeCompiler } from "../../src/cli/run/node-compiler.ts";
import { compile } from "../../src/compile.ts";
import { libraryOf } from "../session/library-of.ts";

const PROGRAM = `
import "hop.mzl"
materialize(t, infinity, infinity, keys(1)).
materialize(heard, infinity, infinity, keys(1,2)).
materialize(shown, infinity, infinity, keys(1)).
accept t(number, number).
a: told@Who(X) :- tell(Who, X).
b: heard(X, S) :- told(X), S := f_src().
c: given(@Who, X) :- hand(Who, X).
d: heard(X, Me) :- given(@Me, X).
e: shown(X) :- t(X, _).
f: heard(X, Y) :- private(X, Y).
g: private(X, Y) :- secret(X, Y).
`;

const HOP = `
overlay hop.
a: carry@Dest(Packet) :- send(Dest, Packet).
b: recv(Packet) :- carry(Packet).
`;

const OPTIONS = { files: [], defines: new Map<string, string>(), dialect: undefined, facts: [], hasTun: false };

/** Nodes a:1 and b:1, and an operator of a:1. */
class OperatedNetwork {
  readonly #simulation = new Simulation({ seed: 1 });
  readonly #nodes = new Map<string, Node>();
  readonly #replies: string[] = [];
  readonly #session: Session;

  constructor() {
    const { plan, core } = compile(["program"], libraryOf(`${PROGRAM}file hop.mzl\n${HOP}`), OPTIONS);
    if (plan === undefined || core === undefined) throw new Error("the program does not compile");
    for (const name of ["a", "b"]) {
      const boot = (world: World): void => {
        const node = new Node(loadProgram(plan), world, { names: [`${name}:1`], facts: [], watch: [] });
        this.#nodes.set(name, node);
        node.start();
      };
      this.#simulation.addHost({ name, address: `${name}:1`, boot }).start();
    }
    const control = new Control(this.#node("a"), new NodeCompiler(OPTIONS, columnNames(core), []));
    this.#session = new Session(control, { send: (line) => this.#replies.push(line) > 0 });
  }

  #node(name: string): Node {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  /** Returns "ok" or the message of the request, and lets one second pass. */
  request(action: "insert" | "delete", text: string): string {
    this.#session.line(JSON.stringify({ v: 1, id: 1, do: action, text }));
    const reply = JSON.parse(this.#replies.pop() ?? "") as { ok: boolean; error?: { message: string } };
    this.#simulation.runUntil(this.#simulation.now + 1);
    return reply.error?.message ?? "ok";
  }

  rows(node: string): readonly string[] {
    return ["t", "shown", "heard"].flatMap((table) =>
      (this.#node(node).rows(table) ?? []).map((row) => formatTuple(table, row)),
    );
  }

  dropped(node: string, reason: string): number {
    return this.#node(node).counters.drops.get(reason) ?? 0;
  }
}

test.for([
  { fact: 'told@"b:1"(7)', a: [], b: ['heard(7, "a:1")'] },
  { fact: 'given(@"b:1", 7)', a: [], b: ['heard(7, "b:1")'] },
  { fact: 'told@"a:1"(7)', a: ["heard(7, null)"], b: [] },
  { fact: 't@"b:1"(1, 2)', a: [], b: ["t(1, 2)", "shown(1)"] },
  { fact: 'told@hop::"b:1"(7)', a: [], b: ['heard(7, "a:1")'] },
  { fact: 'told@hop::"a:1"(7)', a: ['heard(7, "a:1")'], b: [] },
])("insert $fact happens at its location alone", ({ fact, a, b }) => {
  const network = new OperatedNetwork();
  expect(network.request("insert", fact)).toBe("ok");
  expect({ a: network.rows("a"), b: network.rows("b") }).toEqual({ a, b });
});

test("each of several facts goes to its location, and so does a deletion", () => {
  const network = new OperatedNetwork();
  network.request("insert", 't@"b:1"(1, 2). t(1, 3). t@"b:1"(2, 2)');
  expect(network.rows("b")).toEqual(["t(1, 2)", "t(2, 2)", "shown(1)", "shown(2)"]);
  expect(network.request("delete", 't@"b:1"(1, 0)')).toBe("ok");
  expect({ a: network.rows("a"), b: network.rows("b") }).toEqual({
    a: ["t(1, 3)", "shown(1)"],
    b: ["t(2, 2)", "shown(2)"],
  });
});

test("a fact that the other node does not accept is dropped there and counted", () => {
  const network = new OperatedNetwork();
  expect(network.request("insert", 'private@"b:1"(1, 2)')).toBe("ok");
  expect(network.rows("b")).toEqual([]);
  expect(network.dropped("b", "not accepted")).toBe(1);
});

test.for([
  { action: "insert", fact: 'told@"neighbour"(7)', says: '`"neighbour"` is not a location that the node can send to' },
  { action: "insert", fact: "told@7(7)", says: "`7` is not a location that the node can send to" },
  { action: "insert", fact: 'told@i3::"b:1"(7)', says: '`i3::"b:1"` is not a location that the node can send to' },
  {
    action: "insert",
    fact: "told@X(7)",
    says: "the arguments of the fact `told` must be constants",
  },
  {
    action: "insert",
    fact: 'shown@"b:1"(7)',
    says: "rule `e` (program:11) defines `shown`, a derived table, so only its rules insert and delete its rows",
  },
  { action: "delete", fact: 'told@"b:1"(7)', says: "`told` is not a table, so nothing can be deleted from it" },
  { action: "delete", fact: "told(7)", says: "`told` is not a table, so nothing can be deleted from it" },
] as const)("$action $fact: $says", ({ action, fact, says }) => {
  const network = new OperatedNetwork();
  expect(network.request(action, fact)).toBe(says);
  expect([...network.rows("a"), ...network.rows("b")]).toEqual([]);
});
