/** Rows that a stranger derives for a node, in the message that nodes exchange (`?rows`). After them, the nodes come to rest. */
import { expect, test } from "vitest";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { eventSpec } from "../predicate-spec.ts";
import { ADDRESSES, compileFuzzed, type FuzzedProgram, PROGRAMS } from "./fuzzed-program.ts";
import { FuzzedNetwork } from "./fuzzed-network.ts";

const STRANGER = "6.6.6.6:6";
const TWO = ADDRESSES[1] as string;
/** Numbers of the nodes that receive the rows. */
const RECEIVERS: readonly (readonly [receiver: number, other: number])[] = [
  [1, 2],
  [2, 1],
];

/** Time after the forged rows until the nodes must rest, and the time that is then measured. The rows expire after 30 s. */
const SETTLE_SECONDS = 5;
const MEASURED_SECONDS = 10;
/** Steps of all nodes while they rest, in which they only tell each other that they are alive. */
const RESTING_STEPS = 50;

type ForgedRow = readonly [inlet: string, ...columns: Values];

interface Forgery {
  readonly what: string;
  readonly program: string;
  /** Rows for each of two nodes: the inlet, and the columns after the sender. */
  readonly rows: (me: string, other: string) => readonly ForgedRow[];
}

const DEPTHS: readonly number[] = [-Infinity, Infinity, 2 ** 53 - 1, -1, 0.5, 1];

/** Each of the two nodes prefers the path through the other to its own, which costs more. */
const COSTS: readonly number[] = [-5, 0];

const FORGERIES: readonly Forgery[] = [
  ...DEPTHS.map((depth) => ({
    what: `depth ${depth} without a proof`,
    program: "ls.mzl",
    rows: (me: string, other: string): readonly ForgedRow[] =>
      me === TWO ? [["l2?in2?proof", me, other, "x", "y", 1, depth, []]] : [],
  })),
  {
    what: "a proof without ids",
    program: "ls.mzl",
    rows: (me, other) => [["l2?in2?proof", me, other, "x", "y", 1, 1, [false, 17]]],
  },
  ...COSTS.flatMap((cost): readonly Forgery[] => [
    {
      what: `distances of ${cost}`,
      program: "dv.mzl",
      rows: (me, other) => [
        ["d2?in", other, me],
        ["d2?in2?proof", me, other, "z", cost, 0, []],
      ],
    },
    {
      what: `paths of cost ${cost}`,
      program: "pv.mzl",
      rows: (me, other) => [
        ["p2?in", other, me],
        ["p2?in2?proof", me, other, "z", [other, "z"], cost, 0, []],
      ],
    },
    {
      what: `paths of cost ${cost}`,
      program: "overlog/path-vector.olg",
      rows: (me, other) => [
        ["p2?in", other, me],
        ["p2?in2?proof", me, other, "z", cost, [other, "z"], 0, []],
      ],
    },
  ]),
];

test.for(FORGERIES)("$program rests after $what", ({ program, rows }) => {
  const fuzzed = PROGRAMS[program] as FuzzedProgram;
  const compiled = compileFuzzed(fuzzed);
  const network = new FuzzedNetwork(compiled, fuzzed, 1);
  const { simulation } = network;
  simulation.runUntil(5);
  for (const [to, other] of RECEIVERS) {
    const me = ADDRESSES[to] as string;
    const datagrams = [messageOf(compiled.plan, me, rows(me, ADDRESSES[other] as string))];
    network.apply({ kind: "datagrams", to, from: STRANGER, datagrams, tuples: 1, isTrain: false });
  }
  expect(network.nodes[1]?.counters.drops.get("malformed")).toBeUndefined();
  simulation.runUntil(simulation.now + SETTLE_SECONDS);
  const steps = (): number => network.nodes.reduce((sum, node) => sum + node.counters.engine.steps, 0);
  const before = steps();
  simulation.runUntil(simulation.now + MEASURED_SECONDS);
  expect(steps() - before).toBeLessThan(RESTING_STEPS);
});

function messageOf({ predicates }: Plan, receiver: string, rows: readonly ForgedRow[]): Uint8Array {
  const changes = rows.map(([inlet, ...columns]): Value => {
    const spec = predicates.find(({ name }) => name === inlet);
    if (spec?.arity !== columns.length + 1) throw new Error(`the plan has no table ${inlet} with these columns`);
    return [spec.wire.tuple, true, ...columns];
  });
  const args = [receiver, 1, 1, true, changes];
  const builder = new DatagramBuilder(1452);
  builder.add({ predicate: eventSpec("?rows", args.length), args, isDelete: false });
  return builder.take()[0] as Uint8Array;
}
