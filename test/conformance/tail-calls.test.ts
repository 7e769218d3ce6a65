import { expect, test } from "vitest";
import { ALL_OPTIMISATIONS } from "../../src/program/view-optimisations.ts";
import { NodeNetwork } from "./node-network.ts";

const LOOKUP = `
materialize(next, infinity, 1, keys(1)).
materialize(holds, infinity, infinity, keys(1)).
def find(Key, &Where) timeout(5) {
  l1: this.return(Me) :- this.init(Key), holds(Key), localAddr(Me).
  l2: this.return(Where) :- this.init(Key), !holds(Key), next(Next), find@Next(Key, &Where).
}
r: found(Key, Where) :- want(Key), find(Key, &Where).
h: heard(Where) :- found(_, Where).
`;

interface Lookup {
  readonly results: readonly string[];
  readonly messages: number;
  /** Context rows that remain on any node. */
  readonly contexts: readonly string[];
}

/** Runs a lookup along a chain of nodes, to a node `hops` hops away. */
function lookup(program: string, hops: number, tailCalls: boolean): Lookup {
  const names = Array.from({ length: hops + 1 }, (_, at) => `n${at}`);
  const network = NodeNetwork.of(program, names, { ...ALL_OPTIMISATIONS, tailCalls });
  if (!(network instanceof NodeNetwork)) throw new Error(network.join("\n"));
  for (const [at, name] of names.entries()) {
    if (at < hops) network.command(`${name} insert next("n${at + 1}:1")`);
    else network.command(`${name} insert holds("k")`);
  }
  const before = network.delivered;
  const results = network.command('n0 insert want("k")').filter((line) => /found|heard|sorry/.test(line));
  const contexts = names.flatMap((name) =>
    ["r?1", "l2?1"].flatMap((table) => network.command(`${name} show ${table}`)),
  );
  return { results, messages: network.delivered - before, contexts };
}

test.for([1, 2, 5, 9])(
  "a lookup over %i hops costs one message per hop and one for the answer, and leaves no context rows",
  (hops) => {
    const results = [`n0 event found("k", "n${hops}:1")`, `n0 event heard("n${hops}:1")`];
    expect(lookup(LOOKUP, hops, true)).toEqual({ results, messages: hops + 1, contexts: [] });
    expect(lookup(LOOKUP, hops, false)).toEqual({ results, messages: 2 * hops, contexts: [] });
  },
);

test.for([
  {
    what: "the caller uses the answer",
    rule: "l2: this.return(To) :- this.init(Key), !holds(Key), next(Next), find@Next(Key, &Where), To := Where.",
  },
  {
    what: "the answer must match a bound variable",
    rule: "l2: this.return(Next) :- this.init(Key), !holds(Key), next(Next), find@Next(Key, &Next).",
  },
  {
    what: "the call has a timeout",
    rule: "l2: this.return(Where) :- this.init(Key), !holds(Key), next(Next), find@Next(Key, &Where) timeout(1).",
  },
])("a call is no tail call if $what", ({ rule }) => {
  const program = LOOKUP.replace(/l2: .*/, rule);
  expect(lookup(program, 3, true)).toEqual(lookup(program, 3, false));
});

test("a call is no tail call if a rule handles failures of the view", () => {
  const program = `${LOOKUP}f: sorry(Key) :- find!fail(Key, _).\ng: heard(Key) :- sorry(Key).\n`;
  expect(lookup(program, 3, true)).toEqual(lookup(program, 3, false));
});
