/** Random programs in which one step makes several calls, whose answers fill the same rows of keyed tables. */
import type { Values } from "../../runtime/plan/values/value.ts";
import type { Chance } from "./chance.ts";

/** Columns are keyed by the first, so the last answer decides the row. */
const TABLES = `
materialize(cost, infinity, infinity, keys(1,2)).
materialize(item, infinity, infinity, keys(1,2)).
materialize(varying, infinity, infinity, keys(1)).
materialize(best, infinity, infinity, keys(1)).
materialize(n, infinity, infinity, keys(1)).
materialize(log, infinity, infinity, keys(1,2,3)).
n(0, 0).
`;

/** Views, with the constructs that decide how a call is made. */
const VIEWS: readonly string[] = [
  "def near(X, &Y) { a: this.return(Y) :- this.init(X), cost(X, Y). }",
  "def sum(X, &Y) { a: this.mid(X, Y) :- this.init(X), cost(X, Y). b: this.return(X + Y) :- this.mid(X, Y). }",
  'def odd(X, &Y) { a: this.fail("even") :- this.init(X), X % 2 == 0. b: this.return(Y) :- this.init(X), X % 2 == 1, Y := X * 10. }',
  "def seen(X, &Y) { a: this.return(Y) :- this.init(X), varying(X, Y). b: this.fail(X) :- this.init(X), !varying(X, _). }",
  `def down(X, &Y) {
    a: this.return(Y) :- this.init(X), X < 1, Y := X + 4.
    b: this.return(Y) :- this.init(X), X >= 1, localAddr(Me), W := X - 1, down@Me(W, &Y).
  }`,
  "def outer(X, &Y) { a: this.return(Z) :- this.init(X), cost(X, A), near(A, &B), sum(B, &Z). }",
  "def all(X, &Y) many { a: this.return(Y) :- this.init(X), cost(X, Y). b: this.mid(X) :- this.init(X). c: this.done() :- this.mid(_). }",
];
const NAMES = ["near", "sum", "odd", "seen", "down", "outer", "all"];

/** Events that commands raise. `alone` is read by one rule, so that its call may return in the same round. */
const COMMANDS = ["e", "f", "alone", "burst", "put"];

const FIXED = `
b1: e@Me(K) :- burst(K), localAddr(Me).
b2: alone@Me(K) :- burst(K), localAddr(Me).
b3: f@Me(K) :- burst(K), localAddr(Me).
p1: varying(K, V) :- put(K), n(0, V).
a1: varying(K, Y) :- again(K, Y).
l1: log(C, K, Y) :- done(K, Y), n(0, C).
l2: n(0, C + 1) :- done(_, _), n(0, C).
`;

export function randomAnswers(chance: Chance): string {
  const rows = chance.times(4, 9, () => `cost(${chance.between(0, 4)}, ${chance.between(0, 4)}).`);
  const items = chance.times(3, 8, () => `item(${chance.between(0, 2)}, ${chance.between(0, 4)}).`);
  const rules = chance.times(1, 5, (at) => rule(`r${at}`, chance));
  const single = `s0: ${head(chance)} :- alone(K), ${chance.pick(["near", "odd", "sum", "seen"])}(K, &Y).`;
  return [TABLES, ...new Set([...rows, ...items]), ...VIEWS, FIXED, ...rules, single].join("\n");
}

function rule(label: string, chance: Chance): string {
  const calls = [call("X", "Y", chance)];
  const hasSecond = chance.percent(35);
  if (hasSecond) calls.push(call("Y", "Z", chance));
  const result = hasSecond ? "Z" : "Y";
  const rest = chance.some([`varying(K, _)`, `${result} != 3`, "n(0, _)"], 15);
  const body = [`${chance.pick(["e", "f"])}(K)`, "item(K, X)", ...calls, ...rest];
  return `${label}: ${head(chance, result)} :- ${body.join(", ")}.`;
}

function call(input: string, output: string, chance: Chance): string {
  const outcome = input === "X" && output === "Y" && chance.percent(15) ? " outcome(null)" : "";
  return `${chance.pick(NAMES)}(${input}, &${output})${outcome}`;
}

function head(chance: Chance, result = "Y"): string {
  const isSent = chance.percent(20);
  return isSent ? `again@"a:1"(K, ${result})` : `${chance.pick(["best", "done", "varying"])}(K, ${result})`;
}

export function randomAnswerCommands(chance: Chance): readonly (readonly [name: string, args: Values])[] {
  return chance.times(3, 12, () => [chance.pick(COMMANDS), [chance.between(0, 2)]] as const);
}
