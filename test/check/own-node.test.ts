import { expect, test } from "vitest";
import { planOf } from "../plan/library/functions/function-cases.ts";

/** Returns the events and rows that a node accepts from the network. */
function accepted(rules: string): readonly string[] {
  return planOf(rules)
    .predicates.filter(({ wire }) => wire.acceptTuple)
    .map(({ name }) => name);
}

const TABLES = `
materialize(peer, infinity, infinity, keys(1)).
materialize(kept, infinity, infinity, keys(1)).
k: kept(X) :- later(X).
`;

test("a tuple that rules send to their own node only is not accepted from the network", () => {
  const rule = "r: later@Me(N) :- periodic(N, 1), localAddr(Me).";
  expect(accepted(TABLES + rule)).toEqual([]);
  expect(accepted(`overlay ov.\n${TABLES}${rule}`)).toEqual([]);
});

test("a tuple that a rule sends to other nodes is accepted, also if another rule sends it to its own node", () => {
  const other = "o: later@P(N) :- periodic(N, 1), peer(P).";
  expect(accepted(TABLES + other)).toEqual(["later"]);
  expect(accepted(`${TABLES}${other}\nr: later@Me(N) :- periodic(N, 1), localAddr(Me).`)).toEqual(["later"]);
  expect(accepted(`${TABLES}n: later@P(N) :- periodic(N, 1), peer(P), !localAddr(P).`)).toEqual(["later"]);
});
