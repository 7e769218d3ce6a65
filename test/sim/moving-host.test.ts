import { describe, expect, test } from "vitest";
import { formatTuple } from "../../runtime/plan/values/format.ts";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

/** Tables of every kind: received rows, derived rows, soft state, bounded sizes, and a count. */
const PROGRAM = `materialize(note, infinity, infinity, keys(1)).
materialize(soft, 60, infinity, keys(1)).
materialize(newest, infinity, 2, keys(1)).
materialize(pair, infinity, infinity, keys(1,2)).
materialize(known, infinity, infinity, keys(1)).
a: note(X) :- hello(X, _).
b: soft(X) :- hello(X, _).
c: newest(X) :- hello(X, _).
d: pair(X, Y) :- note(X), note(Y), X < Y.
e: known("all", count<*>) :- note(X).
f: echo@Me(X, Here) :- hello(X, Me), localAddr(Here).
g: heard(X, Here) :- echo(X, Here).
h: here(Ip) :- hello(_, _), hostAddr("eth0", Ip).
watch(heard).
`;

const TABLES = ["note", "soft", "newest", "pair", "known"];
const MOVED = "10.9.0.1:10000";

function rig(): {
  readonly network: ProgramNetwork;
  readonly host: string;
  readonly say: (to: string, what: string) => void;
} {
  const addresses = addressesOf(2);
  const [host = "", other = ""] = addresses;
  const network = new ProgramNetwork({
    program: `${PROGRAM}say: hello@To(X, Me) :- greet(To, X), localAddr(Me).\n`,
    addresses,
  });
  const say = (to: string, what: string): void => {
    network.node(other).insert("greet", [to, what]);
    network.pass(1);
  };
  for (const what of ["one", "two", "three"]) say(host, what);
  return { network, host, say };
}

describe("a host whose IP address changes", () => {
  test("keeps its tables, row by row, and receives at the new address", () => {
    const { network, host, say } = rig();
    const dump = (): readonly string[] =>
      TABLES.flatMap((table) => network.rows(host, table).map((row) => formatTuple(table, row))).toSorted();
    const before = dump();
    expect(before).toEqual([
      'known("all", 3)',
      'newest("three")',
      'newest("two")',
      'note("one")',
      'note("three")',
      'note("two")',
      'pair("one", "three")',
      'pair("one", "two")',
      'pair("three", "two")',
      'soft("one")',
      'soft("three")',
      'soft("two")',
    ]);
    network.simulation.host(host).move(MOVED, undefined);
    network.pass(1);
    expect(dump()).toEqual(before);
    say(host, "nobody is there any more");
    expect(dump()).toEqual(before);
    say(MOVED, "four");
    expect(network.rows(host, "note")).toEqual([["one"], ["two"], ["three"], ["four"]]);
    expect(network.rows(host, "known")).toEqual([["all", 4]]);
  });

  test("uses its new address in rules at once", () => {
    const { network, host, say } = rig();
    say(host, "before");
    network.simulation.host(host).move(MOVED, undefined);
    say(MOVED, "after");
    expect(network.rows(host, "localAddr")).toEqual([[MOVED]]);
    expect(network.rows(host, "hostAddr")).toEqual([["eth0", "10.9.0.1"]]);
    const heard = network.said.filter(({ op }) => op === "event").map(({ tuple }) => tuple.slice(1));
    expect(heard.slice(-2)).toEqual([
      ["before", host],
      ["after", MOVED],
    ]);
  });
});
