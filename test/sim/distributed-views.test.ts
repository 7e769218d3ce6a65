import { describe, expect, test } from "vitest";
import type { Values } from "../../runtime/plan/values/value.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { compileProgram, ProgramNetwork } from "./program-network.ts";

const NAMES = ["a:1", "b:1", "c:1", "d:1", "e:1"];

function network(program: string, seed = 1): ProgramNetwork {
  return new ProgramNetwork({ program, addresses: NAMES, seed, faults: { delay: 0.01 } });
}

function link(net: ProgramNetwork, one: string, other: string): void {
  net.node(one).insert("link", [one, other]);
  net.node(other).insert("link", [other, one]);
}

function cut(net: ProgramNetwork, one: string, other: string): void {
  net.node(one).delete("link", [one, other]);
  net.node(other).delete("link", [other, one]);
}

function sorted(rows: readonly Values[]): readonly string[] {
  return rows.map((row) => row.map((value) => String(value as string | number)).join(" ")).toSorted();
}

const REACHABLE = `
materialize(link, infinity, infinity, keys(1,2)).
materialize(reachable, infinity, infinity, keys(1,2)).
r1: reachable(@X, Y) :- link(@X, Y).
r2: reachable(@X, Z) :- link(@X, Y), reachable(@Y, Z).
`;

/** Pairs connected by links, computed independently. */
function reachableFrom(name: string, links: ReadonlySet<string>): readonly string[] {
  const found = new Set<string>();
  const waiting = [name];
  for (let here = waiting.pop(); here !== undefined; here = waiting.pop()) {
    for (const other of NAMES) {
      if (!links.has([here, other].toSorted().join(" ")) || found.has(other)) continue;
      found.add(other);
      waiting.push(other);
    }
  }
  return [...found].map((other) => `${name} ${other}`).toSorted();
}

describe("rows that nodes derive for each other in a cycle", () => {
  test("are deleted when their origin is cut off", () => {
    const net = network(REACHABLE);
    for (const [at, name] of NAMES.slice(0, 4).entries()) link(net, name, NAMES[(at + 1) % 4] as string);
    link(net, "d:1", "e:1");
    net.pass(5);
    expect(sorted(net.rows("a:1", "reachable"))).toEqual(NAMES.map((name) => `a:1 ${name}`));
    cut(net, "d:1", "e:1");
    net.pass(5);
    for (const name of NAMES.slice(0, 4)) {
      expect(sorted(net.rows(name, "reachable"))).toEqual(NAMES.slice(0, 4).map((other) => `${name} ${other}`));
    }
    expect(net.rows("e:1", "reachable")).toEqual([]);
  });

  test("match the graph under random links and cuts, at 20 % loss", () => {
    const net = network(REACHABLE, 7);
    for (const one of NAMES) {
      for (const other of NAMES) if (one !== other) net.simulation.changeLink(one, other, { delay: 0.01, loss: 0.2 });
    }
    const random = streamOf(7, "links");
    const links = new Set<string>();
    for (let change = 0; change < 60; change++) {
      const [one = "", other = ""] = [random.integer(5), random.integer(5)].map((at) => NAMES[at]);
      if (one === other) continue;
      const pair = [one, other].toSorted().join(" ");
      if (links.delete(pair)) cut(net, one, other);
      else {
        links.add(pair);
        link(net, one, other);
      }
      net.pass(random.next());
      if (change % 6 !== 0) continue;
      net.pass(60);
      for (const name of NAMES) expect(sorted(net.rows(name, "reachable"))).toEqual(reachableFrom(name, links));
    }
  });
});

const TOLD = `
materialize(fact, infinity, infinity, keys(1,2,3)).
materialize(known, infinity, infinity, keys(1,2)).
materialize(total, infinity, infinity, keys(1)).
k: known(@To, X) :- fact(@Me, To, X).
t: total(@To, count<*>) :- fact(@Me, To, _).
`;

describe("rows that come from other nodes", () => {
  test("stay while one node still derives them", () => {
    const net = network(TOLD);
    for (const name of ["a:1", "b:1"]) net.node(name).insert("fact", [name, "c:1", 5]);
    net.node("b:1").insert("fact", ["b:1", "c:1", 6]);
    net.pass(1);
    expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 5", "c:1 6"]);
    expect(net.rows("c:1", "total")).toEqual([["c:1", 3]]);
    net.node("a:1").delete("fact", ["a:1", "c:1", 5]);
    net.pass(1);
    expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 5", "c:1 6"]);
    expect(net.rows("c:1", "total")).toEqual([["c:1", 2]]);
    net.node("b:1").delete("fact", ["b:1", "c:1", 5]);
    net.pass(1);
    expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 6"]);
  });

  test("expire after 30 s of silence, not before, and return", () => {
    const net = network(TOLD);
    net.node("a:1").insert("fact", ["a:1", "c:1", 5]);
    net.pass(100);
    expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 5"]);
    net.simulation.cut("a:1", "c:1");
    net.pass(15);
    expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 5"]);
    net.pass(20);
    expect(net.rows("c:1", "known")).toEqual([]);
    net.node("a:1").insert("fact", ["a:1", "c:1", 6]);
    net.simulation.heal("a:1", "c:1");
    net.pass(10);
    expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 5", "c:1 6"]);
  });

  test("follow a restarted sender, and are sent to a restarted receiver", () => {
    const net = network(TOLD);
    net.node("a:1").insert("fact", ["a:1", "c:1", 5]);
    net.node("b:1").insert("fact", ["b:1", "c:1", 6]);
    net.pass(1);
    net.simulation.host("a:1").restart();
    net.node("a:1").insert("fact", ["a:1", "c:1", 7]);
    net.pass(1);
    expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 6", "c:1 7"]);
    net.simulation.host("c:1").restart();
    net.pass(15);
    expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 6", "c:1 7"]);
  });

  test("survive a program swap at either end, and are deleted when they should be after it", () => {
    const net = network(TOLD);
    net.node("a:1").insert("fact", ["a:1", "c:1", 5]);
    net.node("b:1").insert("fact", ["b:1", "c:1", 6]);
    net.pass(1);
    for (const name of ["a:1", "c:1"]) {
      expect(net.node(name).replaceProgram(compileProgram(TOLD), [])).toBeDefined();
      expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 5", "c:1 6"]);
      net.pass(1);
    }
    net.node("a:1").delete("fact", ["a:1", "c:1", 5]);
    net.pass(15);
    expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 6"]);
  });

  test("that their node refuses are acknowledged and counted, and not sent again", () => {
    const net = network(TOLD);
    net.node("b:1").replaceProgram(
      compileProgram(`
        materialize(own, infinity, infinity, keys(1)).
        materialize(there, infinity, infinity, keys(1)).
        v: there@To(1) :- own(To).`),
      [],
    );
    net.node("a:1").insert("fact", ["a:1", "b:1", 5]);
    net.pass(10);
    const refused = (): unknown => Object.fromEntries(net.node("b:1").counters.drops);
    expect(refused()).toEqual({ "not accepted": 2 });
    const before = net.node("a:1").metrics().network;
    net.pass(100);
    // Empty messages, one in ten seconds, tell that this node is alive.
    const after = net.node("a:1").metrics().network;
    expect(after.sent - before.sent).toBeLessThanOrEqual(11);
    expect((after.sentBytes - before.sentBytes) / (after.sent - before.sent)).toBeLessThan(60);
    expect(refused()).toEqual({ "not accepted": 2 });
  });

  test("for this node itself exist at once", () => {
    const net = network(TOLD);
    net.node("a:1").insert("fact", ["a:1", "a:1", 5]);
    expect(sorted(net.rows("a:1", "known"))).toEqual(["a:1 5"]);
    expect(net.rows("a:1", "total")).toEqual([["a:1", 1]]);
  });

  test("with a lifetime live while their origin is refreshed", () => {
    const net = network(`
      materialize(fact, infinity, infinity, keys(1,2,3)).
      materialize(known, 4, infinity, keys(1,2)).
      k: known(@To, X) :- fact(@Me, To, X).
    `);
    net.node("a:1").insert("fact", ["a:1", "c:1", 5]);
    for (let time = 0; time < 6; time++) {
      net.pass(2);
      net.node("a:1").insert("fact", ["a:1", "c:1", 5]);
    }
    net.pass(1);
    expect(sorted(net.rows("c:1", "known"))).toEqual(["c:1 5"]);
    net.pass(10);
    expect(net.rows("c:1", "known")).toEqual([]);
  });
});

describe("a rule whose body spans locations", () => {
  const program = `
    materialize(next, infinity, infinity, keys(1)).
    materialize(load, infinity, infinity, keys(1,2)).
    materialize(seen, infinity, infinity, keys(1,2,3)).
    materialize(full, infinity, infinity, keys(1,2)).
    e: found(@X, Z, L) :- ask(@X, Min), next(@X, Y), next(@Y, Z), load(@Z, _, L), L > Min, !full(@X, L).
    f: seen(@X, Z, L) :- found(@X, Z, L).
    s: sum(@X, Y, sum<L>) :- total(@X, Y), load(@Y, _, L).
    g: seen(@X, Y, L) :- sum(@X, Y, L).
  `;

  test("runs at each location in turn, and its result goes to the location of the head", () => {
    const net = network(program);
    net.node("a:1").insert("next", ["a:1", "b:1"]);
    net.node("b:1").insert("next", ["b:1", "c:1"]);
    for (const [at, size] of [10, 20, 30].entries()) net.node("c:1").insert("load", ["c:1", at, size]);
    net.node("a:1").insert("full", ["a:1", 30]);
    net.node("a:1").insert("ask", ["a:1", 10]);
    net.pass(1);
    expect(sorted(net.rows("a:1", "seen"))).toEqual(["a:1 c:1 20"]);
  });

  test("has one result for an event whose aggregate is computed elsewhere, also over no rows", () => {
    const net = network(program);
    for (const [at, size] of [10, 20, 20].entries()) net.node("c:1").insert("load", ["c:1", at, size]);
    net.node("a:1").insert("total", ["a:1", "c:1"]);
    net.node("a:1").insert("total", ["a:1", "b:1"]);
    net.pass(1);
    expect(sorted(net.rows("a:1", "seen"))).toEqual(["a:1 b:1 0", "a:1 c:1 50"]);
  });
});
