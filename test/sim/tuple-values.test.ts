/**
 * Tuples with packets, ids, lists and bytes in them cross two encodings: that of nodes over ron (docs/wire.md), and that of esp.mzl, which
 * seals f_bytes of a packet. `ctl insert` and `--fact` read the text that a query shows as the same values.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Control } from "../../runtime/control/control.ts";
import type { Reply } from "../../runtime/control/reply.ts";
import { Session } from "../../runtime/control/session.ts";
import { Node } from "../../runtime/node/node.ts";
import type { Fact } from "../../runtime/node/peer-facts.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { Address } from "../../runtime/plan/values/address.ts";
import { formatValue } from "../../runtime/plan/values/format.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import { compareValues, type Value, type Values } from "../../runtime/plan/values/value.ts";
import { compileForRun, type ProgramOptions } from "../../src/cli/run/compile-for-run.ts";
import { NodeCompiler } from "../../src/cli/run/node-compiler.ts";
import { arbitraryValue } from "../arbitrary-value.ts";
import { eventSpec } from "../predicate-spec.ts";
import { manualWorld } from "../session/manual-world.ts";
import { ProgramNetwork } from "./program-network.ts";

const [A, B] = ["10.0.0.1:10000", "10.0.0.2:10000"] as const;
const PROGRAM = "test/sim/tuple-values.mzl";
const OPTIONS: ProgramOptions = { files: [PROGRAM], defines: new Map(), dialect: undefined, facts: [], hasTun: false };
const RANDOM_VALUES = 200;

const KEY: Uint8Array = new Uint8Array(16).fill(7);
const SALT: Uint8Array = Uint8Array.of(1, 2, 3, 4);

function factsOf(address: string): readonly Fact[] {
  const ends: Fact =
    address === A
      ? { predicate: "esp.outbound", args: [B, 5000, KEY, SALT, "10.0.0.2:4500"] }
      : { predicate: "esp.inbound", args: [5000, KEY, SALT] };
  return [...[A, B].map((member) => ({ predicate: "ron.member", args: [member] })), ends];
}

function packet(name: string, ...args: Values): Packet {
  return Packet.of({ predicate: eventSpec(name, args.length), args, isDelete: false });
}

const NESTED: Value = packet("pay", 1, [
  0x2an,
  packet("inner", [Uint8Array.of(0, 255), 2n ** 159n, [null, [-1.5, ""]]]),
]);
const EDGES: Values = [
  NESTED,
  packet("pay", -1, [NESTED, packet("inner", NESTED)]),
  [packet("inner", 1), 0n, [], new Uint8Array(), [new Uint8Array(5000).fill(9)]],
  new Address("o_2.a", ["a:1", new Address("i3", 7n)], [packet("inner", 0.5), [7n, Uint8Array.of(1)]]),
];

/** A loaded overlay without options, before an address that has some: a literal of such an address is an error. */
const REFUSED_LITERAL = /\b(?:ron|sr)::\(/;

/** The edges, and random values of which every second is in a packet. */
function samples(): readonly Values[] {
  const random = fc
    .sample(arbitraryValue(), { numRuns: RANDOM_VALUES, seed: 7 })
    .filter((value) => !REFUSED_LITERAL.test(formatValue(value)));
  const values = [...EDGES, ...random.map((value, at) => (at % 2 === 0 ? value : packet("pay", at, [value])))];
  return values.map((value, at) => [at, value]);
}

/** Two nodes of the program, which both know the samples. A sends each over ron and over esp. */
function sent(rows: readonly Values[]): ProgramNetwork {
  const network = new ProgramNetwork({ program: PROGRAM, addresses: [A, B], faults: { delay: 0.005 }, facts: factsOf });
  network.pass(30);
  for (const row of rows) for (const address of [A, B]) network.node(address).insert("sample", row);
  for (const [number] of rows) network.node(A).insert("go", [B, number as Value]);
  network.pass(2);
  return network;
}

/** Texts of the second column of a table, by the number in the first, as `mosaic query` shows them. */
class Operator {
  readonly #lines: string[] = [];
  readonly #session: Session;

  constructor(node: Node) {
    const control = new Control(node, new NodeCompiler(OPTIONS, new Map(), []));
    this.#session = new Session(control, { send: (line) => this.#lines.push(line) > 0 });
  }

  texts(query: string): readonly (readonly string[])[] {
    return this.#ask({ do: "query", text: query, form: "text" }).flatMap((reply) =>
      "rows" in reply ? (reply.rows as readonly (readonly string[])[]) : [],
    );
  }

  insert(text: string): readonly Reply[] {
    return this.#ask({ do: "insert", text });
  }

  #ask(request: object): readonly Reply[] {
    this.#session.line(JSON.stringify({ v: 1, id: 1, ...request }));
    return this.#lines.splice(0).map((line) => JSON.parse(line) as Reply);
  }
}

function differing(rows: readonly Values[], others: readonly Values[]): readonly unknown[] {
  const byNumber = new Map(others.map((row) => [row[0], row]));
  return rows.filter((row) => compareValues(byNumber.get(row[0] as Value) ?? [], row) !== 0);
}

describe("values that cross ron and esp", () => {
  const rows = samples();
  const network = sent(rows);
  const got = (way: string): readonly Values[] =>
    network.rows(B, "got").flatMap(([over, ...row]) => (over === way ? [row] : []));

  test.each(["ron", "esp"])("arrive equal over %s, also for the rules of the receiver", (way) => {
    expect(differing(rows, got(way))).toEqual([]);
    const same = network.rows(B, "same").filter(([over]) => over === way);
    expect(same.map(([, number]) => number).toSorted((one, other) => Number(one) - Number(other))).toEqual(
      rows.map(([number]) => number),
    );
  });

  test("are matched by a pattern with a packet in a packet", () => {
    expect(network.rows(B, "read")).toContainEqual([0]);
    expect(network.rows(B, "read")).not.toContainEqual([2]);
  });

  test.each(["ron", "esp"])(
    "are shown by a query as a text that `ctl insert` reads as the same value, over %s",
    (way) => {
      const fresh = new ProgramNetwork({ program: PROGRAM, addresses: [A] });
      const operator = new Operator(fresh.node(A));
      for (const [number, text] of new Operator(network.node(B)).texts(`got("${way}", N, Value)`)) {
        expect(operator.insert(`sample(${number}, ${text})`)).toMatchObject([{ ok: true }]);
      }
      expect(differing(rows, fresh.rows(A, "sample"))).toEqual([]);
    },
  );

  test.each([A, B])("are shown by a query as a text that `--fact` reads as the same value, at %s", (address) => {
    const query = address === A ? "sample(N, Value)" : 'got("esp", N, Value)';
    const facts = new Operator(network.node(address))
      .texts(query)
      .map(([number, text]) => `sample(${number}, ${text})`);
    const { plan, diagnostics } = compileForRun({ ...OPTIONS, facts });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    const node = new Node(loadProgram(plan as never), manualWorld(A), { names: [A], facts: [], watch: [] });
    node.start();
    expect(differing(rows, node.rows("sample") ?? [])).toEqual([]);
  });
});
