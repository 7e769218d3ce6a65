import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Bed } from "../harness/bed.ts";
import { type Comparison, compare } from "../harness/figure.ts";
import { type PairQuartiles, pairQuartiles } from "../harness/pairs.ts";
import { report } from "../harness/report.ts";
import { valuesInRounds } from "../harness/rounds.ts";
import { FullNode, type Question } from "./full-node.ts";

/**
 * What does it cost a node that has as many packets as it can take to be asked for its metrics, and how long does who asks
 * wait? It is asked ten times a second, far more often than Prometheus does; that shall cost less than 2 % of its packets.
 *
 * So little is hard to see, so the same node is asked and not asked in turn, in many short rounds, and each is compared with
 * its neighbour. Being asked a hundred times a second makes the difference ten times as large: by that figure, what one
 * answer costs is known better than by the first.
 */
const IS_QUICK = process.argv.includes("--quick");
/** Odd, so that the median is one of them. */
const ROUNDS = IS_QUICK ? 1 : 25;
const ROUND_MS = IS_QUICK ? 500 : 1_500;
/** Until a node that has just begun is as fast as it will be, and one that is asked something else has settled. */
const WARM_MS = IS_QUICK ? 1_000 : 5_000;
const SETTLE_MS = 100;
const ALLOWED_MS = 100;
/** Of the thread, for one answer, at ten a second: 2 %. */
const ALLOWED_COST_MS = 2;

/** Of its processor; the rest is the kernel's. A quick run takes what it gets. */
const BUSY_LEAST = IS_QUICK ? 0 : 0.9;

const NOTHING: Question = { what: "nothing", perSecond: 0 };
const OFTEN: Question = { what: "metrics", perSecond: 10 };
const INCESSANTLY: Question = { what: "metrics", perSecond: 100 };
const QUERIES: Question = { what: "query", perSecond: 10 };

/** What came of a round. */
interface Round {
  readonly packetsPerSecond: number;
  readonly packetsPerProcessorSecond: number;
  /** Of the processor that the node is alone on. */
  readonly busy: number;
  readonly answersPerSecond: number;
  readonly waits: readonly number[];
}

type Rate = "packetsPerSecond" | "packetsPerProcessorSecond";

const missing = ["ip", "bash", "dd", "taskset"].filter((command) => !isThere(command));
if (process.geteuid?.() !== 0) missing.push("root");
if (missing.length > 0) {
  console.error(`metrics: not measured; needs ${missing.join(", ")}`);
  process.exitCode = 1;
} else {
  await run();
}

async function run(): Promise<void> {
  const bed = new Bed();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  try {
    const node = await FullNode.start(bed);
    try {
      await measure(node);
    } finally {
      await node.close();
    }
  } finally {
    bed.close();
  }
}

async function measure(node: FullNode): Promise<void> {
  node.ask(OFTEN);
  await sleep(WARM_MS);
  const questions = new Map([
    ["not asked", NOTHING],
    ["asked ten times a second", OFTEN],
    ["asked a hundred times a second", INCESSANTLY],
  ]);
  const rounds = await valuesInRounds(
    [...questions].map(([name, question]) => ({ name, measure: () => round(node, question) })),
    ROUNDS,
  );
  const [alone = [], often = [], incessantly = []] = undisturbed([...rounds.values()]);
  if (alone.length < ROUNDS / 2) {
    console.error(`metrics: something else had the node's processor in ${ROUNDS - alone.length} of ${ROUNDS} rounds`);
    process.exitCode = 1;
    return;
  }
  report(spread("packets, asked ten times a second", often, alone, "packetsPerSecond"));
  report(spread("packets of processor time, asked ten times a second", often, alone, "packetsPerProcessorSecond"));
  report(spread("packets of processor time, asked a hundred times", incessantly, alone, "packetsPerProcessorSecond"));
  report([answerCost(incessantly, alone)]);
  report(waits("an answer of /metrics", often));
  const queries = await valuesInRounds([{ name: "query", measure: () => round(node, QUERIES) }], IS_QUICK ? 1 : 3);
  report(waits("an answer to query", [...queries.values()].flat()));
  const whole = { value: ROUNDS, name: "those that were measured" };
  report([compare("metrics", "rounds in which the node had its processor", "rounds", alone.length, whole)]);
}

/** Without the rounds in which, for any of the questions, something else had the processor that is the node's. */
function undisturbed(ways: readonly (readonly Round[])[]): readonly (readonly Round[])[] {
  return ways.map((rounds) => rounds.filter((_, at) => ways.every((others) => (others[at]?.busy ?? 0) >= BUSY_LEAST)));
}

async function round(node: FullNode, question: Question): Promise<Round> {
  node.ask(question);
  await sleep(SETTLE_MS);
  node.takeWaits();
  const [before, start] = [node.done(), performance.now()];
  await sleep(ROUND_MS);
  const [after, end] = [node.done(), performance.now()];
  const taken = node.takeWaits();
  const [packets, seconds] = [after.packets - before.packets, (end - start) / 1e3];
  const processorSeconds = after.processorSeconds - before.processorSeconds;
  return {
    packetsPerSecond: packets / seconds,
    packetsPerProcessorSecond: packets / processorSeconds,
    busy: processorSeconds / seconds,
    answersPerSecond: taken.length / seconds,
    waits: taken,
  };
}

function spread(name: string, asked: readonly Round[], alone: readonly Round[], of: Rate): readonly Comparison[] {
  const { median, lower, upper } = quartiles(asked, alone, of);
  const named = [
    [name, median],
    [`${name}, lower quartile`, lower],
    [`${name}, upper quartile`, upper],
  ] as const;
  return named.map(([figure, { value, reference }]) =>
    compare("metrics", figure, "packets/s", value, { value: reference, name: "not asked" }),
  );
}

/** Of the node's time: what it did not do in the time in which it answered so often, divided by the answers. */
function answerCost(asked: readonly Round[], alone: readonly Round[]): Comparison {
  const { value, reference } = quartiles(asked, alone, "packetsPerProcessorSecond").median;
  const answers = asked.map((one) => one.answersPerSecond).toSorted((one, other) => one - other)[asked.length >> 1];
  const cost = ((1 - value / reference) / (answers ?? NaN)) * 1e3;
  return compare("metrics", "the node's time for an answer", "ms", cost, {
    value: ALLOWED_COST_MS,
    name: "2 % at ten a second",
  });
}

function quartiles(asked: readonly Round[], alone: readonly Round[], of: Rate): PairQuartiles {
  return pairQuartiles(
    asked.map((one) => one[of]),
    alone.map((one) => one[of]),
  );
}

function waits(name: string, rounds: readonly Round[]): readonly Comparison[] {
  const sorted = rounds.flatMap((one) => one.waits).toSorted((one, other) => one - other);
  const figures = [
    ["", sorted[sorted.length >> 1]],
    [", 99 of 100", sorted[Math.floor((sorted.length - 1) * 0.99)]],
    [`, the slowest of ${sorted.length}`, sorted.at(-1)],
  ] as const;
  const allowed = { value: ALLOWED_MS, name: "what is allowed" };
  return figures.map(([of, wait = NaN]) => compare("metrics", `${name} under full load${of}`, "ms", wait, allowed));
}

function isThere(command: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}
