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
  readonly told: readonly string[];
  readonly messages: number;
  /** Context rows that are left anywhere. */
  readonly waiting: readonly string[];
}

/** A lookup along a chain, `hops` nodes from the one that asks. */
function lookup(program: string, hops: number, tailCalls: boolean): Lookup {
  const names = Array.from({ length: hops + 1 }, (_, at) => `n${at}`);
  const network = NodeNetwork.of(program, names, { ...ALL_OPTIMISATIONS, tailCalls });
  if (!(network instanceof NodeNetwork)) throw new Error(network.join("\n"));
  for (const [at, name] of names.entries()) {
    if (at < hops) network.command(`${name} insert next("n${at + 1}:1")`);
    else network.command(`${name} insert holds("k")`);
  }
  const before = network.delivered;
  const told = network.command('n0 insert want("k")').filter((line) => /found|heard|sorry/.test(line));
  const waiting = names.flatMap((name) => ["r?1", "l2?1"].flatMap((table) => network.command(`${name} show ${table}`)));
  return { told, messages: network.delivered - before, waiting };
}

test.for([1, 2, 5, 9])("a lookup over %i hops costs one message more than hops, and leaves nothing behind", (hops) => {
  const told = [`n0 event found("k", "n${hops}:1")`, `n0 event heard("n${hops}:1")`];
  expect(lookup(LOOKUP, hops, true)).toEqual({ told, messages: hops + 1, waiting: [] });
  expect(lookup(LOOKUP, hops, false)).toEqual({ told, messages: 2 * hops, waiting: [] });
});

test.for([
  {
    what: "the caller does something with the answer",
    rule: "l2: this.return(To) :- this.init(Key), !holds(Key), next(Next), find@Next(Key, &Where), To := Where.",
  },
  {
    what: "the answer has to be one that is known",
    rule: "l2: this.return(Next) :- this.init(Key), !holds(Key), next(Next), find@Next(Key, &Next).",
  },
  {
    what: "the call has a limit of its own",
    rule: "l2: this.return(Where) :- this.init(Key), !holds(Key), next(Next), find@Next(Key, &Where) timeout(1).",
  },
])("no call is made on behalf of the caller where $what", ({ rule }) => {
  const program = LOOKUP.replace(/l2: .*/, rule);
  expect(lookup(program, 3, true)).toEqual(lookup(program, 3, false));
});

test("nor where somebody asks why a call failed", () => {
  const program = `${LOOKUP}f: sorry(Key) :- find!fail(Key, _).\ng: heard(Key) :- sorry(Key).\n`;
  expect(lookup(program, 3, true)).toEqual(lookup(program, 3, false));
});
