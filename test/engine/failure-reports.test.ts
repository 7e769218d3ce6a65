import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import type { World } from "../../runtime/world/world.ts";
import { compile } from "../../src/compile.ts";
import { libraryOf } from "../session/library-of.ts";

/** Returns the log of a node whose rules run for some seconds of virtual time. */
function logOf(program: string, seconds: number): readonly string[] {
  const { plan } = compile(["program"], libraryOf(program), { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error("the program does not compile");
  const simulation = new Simulation({ seed: 1 });
  const log: string[] = [];
  const boot = (world: World): void => {
    const onFailure = (line: string): void => void log.push(line);
    new Node(loadProgram(plan), world, { names: ["a:1"], facts: [], watch: [], onFailure }).start();
  };
  simulation.addHost({ name: "a", address: "a:1", boot }).start();
  simulation.runUntil(seconds);
  return log;
}

test("a value that contradicts a signature is logged with its predicate and column, once a minute and rule", () => {
  const program = `
    materialize(value, infinity, infinity, keys(1)).
    value("k").
    value(2).
    o(any, number).
    pay(number, addr).
    put: o(1, X) :- periodic(_, 1), value(X).
    wrap: sent(pay(X, "a:1")) :- periodic(_, 40, 1), value(X).
    seen(X) :- o(X, _).
    seen(X) :- sent(X).
  `;
  expect(logOf(program, 65)).toEqual([
    'rule put (program:7): column 2 of `o` is declared as number, and got "k"',
    'rule wrap (program:8): column 1 of `pay` is declared as number, and got "k"',
    'rule put (program:7): column 2 of `o` is declared as number, and got "k" (60 derivations failed since the last report)',
  ]);
});

test("a rule whose derivations fail is logged with the expression and the values, once a minute", () => {
  const program = `
    materialize(pair, infinity, infinity, keys(1,2)).
    pair(any, any).
    pair("k", "x").
    pair(2, [1]).
    put: out(X * Y) :- periodic(_, 1), pair(X, Y).
    sum: total(sum<Y>) :- periodic(_, 40, 1), pair(_, Y).
    test: yes() :- periodic(_, 50, 1), pair(X, _), X && X > 1.
    seen(X) :- out(X).
  `;
  expect(logOf(program, 70)).toEqual([
    "rule put (program:6): `X * Y` has no value for X = 2, Y = [1]",
    "rule sum (program:7): `sum<Y>` has no value for Y = [1]",
    'rule test (program:8): `X && X > 1` has no value for X = "k"',
    "rule put (program:6): `X * Y` has no value for X = 2, Y = [1] (120 derivations failed since the last report)",
  ]);
});

test("a row of a stage with another number of columns is logged with the row", () => {
  const program = `#pragma dialect overlog
    materialize(text, infinity, infinity, keys(1,2)).
    text(@X, "1,one\\n2\\n3,x,y") :- periodic(@X, E, 0, 1).
    r1 line(@X, T) :- periodic(@X, E, 1, 3), text(@X, T).
    stage("CSVtuple", line, field).
    r2 seen(@X) :- field(@X, N, T).
    materialize(seen, infinity, infinity, keys(1)).
  `;
  expect(logOf(program, 5)).toEqual([
    'rule field:5 (program:5): `row of CSVtuple with 3 columns` has no value for Row = ["a:1", 2]',
  ]);
});
