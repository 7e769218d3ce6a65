import { type Comparison, compare } from "../harness/figure.ts";
import { report } from "../harness/report.ts";
import { type Layout, NodeGroup } from "./node-group.ts";

/**
 * Measures what a node of a process with many nodes costs: a ring of `chord.olg` in one process against the same ring in a process for
 * each node, and the memory of each further node of a large process.
 */
const IS_QUICK = process.argv.includes("--quick");
const RING = IS_QUICK ? 4 : 44;
const MANY = IS_QUICK ? 40 : 1_000;
/** Period of the ring's maintenance, in seconds. */
const STABILIZE = IS_QUICK ? 0.5 : 5;
const JOIN_LIMIT_SECONDS = IS_QUICK ? 20 : 300;
const LOAD_SECONDS = IS_QUICK ? 1 : 30;
/** Time after the start at which the memory of the large process is measured: rings of this size do not join at once. */
const GROW_SECONDS = IS_QUICK ? 1 : 20;
const ALLOWED_MIB = 1;

interface Ring {
  readonly start: number;
  readonly memory: number;
  readonly load: number;
  readonly right: number;
}

let nextPort = 20_000 + Math.floor(Math.random() * 8_000);

function takePorts(count: number): number {
  nextPort += count;
  return nextPort - count;
}

async function measureRing(layout: Layout): Promise<Ring> {
  const group = await NodeGroup.start(layout, RING, takePorts(RING), STABILIZE);
  try {
    const right = await group.join(JOIN_LIMIT_SECONDS);
    const load = await group.load(LOAD_SECONDS);
    return { start: group.startSeconds, memory: group.memory(), load, right };
  } finally {
    await group.close();
  }
}

async function memoryOf(count: number): Promise<number> {
  const group = await NodeGroup.start("one process", count, takePorts(count), STABILIZE);
  try {
    await group.load(GROW_SECONDS);
    return group.memory();
  } finally {
    await group.close();
  }
}

function ringFigures(one: Ring, each: Ring): readonly Comparison[] {
  const name = `${RING} processes`;
  const figure = (of: string, unit: string, value: number, reference: number): Comparison =>
    compare("nodes", `${RING} nodes in one process, ${of}`, unit, value, { value: reference, name });
  return [
    figure("memory (PSS)", "MiB", one.memory, each.memory),
    figure("processors once joined", "processors", one.load, each.load),
    figure("start", "s", one.start, each.start),
    figure("right successors", "nodes", one.right, each.right),
  ];
}

const one = await measureRing("one process");
report(ringFigures(one, await measureRing("a process each")));
const further = ((await memoryOf(MANY)) - (await memoryOf(1))) / (MANY - 1);
report([
  compare("nodes", `memory of each further of ${MANY} nodes`, "MiB", further, {
    value: ALLOWED_MIB,
    name: "the limit",
  }),
]);
