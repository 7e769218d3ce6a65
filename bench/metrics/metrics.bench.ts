import { canMeasure } from "../harness/can-measure.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { TestBed } from "../harness/test-bed.ts";
import { type Comparison, compare } from "../harness/figure.ts";
import { type PairQuartiles, pairQuartiles } from "../harness/pairs.ts";
import { report } from "../harness/report.ts";
import { valuesInRounds } from "../harness/rounds.ts";
import { SaturatedNode, type RequestLoad } from "./saturated-node.ts";

/**
 * Measures the cost of `/metrics` requests for a saturated node, and the latency of the answers. Ten requests a second, far
 * more than Prometheus sends, may cost at most 2 % of the packets.
 *
 * A difference of 2 % is near the noise, so short rounds with and without requests alternate on one node, and neighbouring
 * rounds are compared. A hundred requests a second cost ten times as much, which gives the cost of one answer more precisely.
 */
const IS_QUICK = process.argv.includes("--quick");
/** An odd number, so that the median is one of the rounds. */
const ROUNDS = IS_QUICK ? 1 : 25;
const ROUND_MS = IS_QUICK ? 500 : 1_500;
/** Time for the compiler of a new node to finish, and for a node to settle after its request load changed. */
const WARM_MS = IS_QUICK ? 1_000 : 5_000;
const SETTLE_MS = 100;
const ALLOWED_MS = 100;
/** Thread time for one answer. At ten answers a second, 2 ms are 2 % of a core. */
const ALLOWED_COST_MS = 2;

/** Least share of its processor that the node must use in a round. Kernel work takes the rest. A quick run accepts any share. */
const BUSY_LEAST = IS_QUICK ? 0 : 0.9;

const NO_REQUESTS: RequestLoad = { kind: "nothing", perSecond: 0 };
const TEN: RequestLoad = { kind: "metrics", perSecond: 10 };
const HUNDRED: RequestLoad = { kind: "metrics", perSecond: 100 };
const QUERIES: RequestLoad = { kind: "query", perSecond: 10 };

/** Measurements of one round. */
interface Round {
  readonly packetsPerSecond: number;
  readonly packetsPerProcessorSecond: number;
  /** Share of its processor that the node used. No other process of the bench runs there. */
  readonly busy: number;
  readonly answersPerSecond: number;
  readonly latencies: readonly number[];
}

type Rate = "packetsPerSecond" | "packetsPerProcessorSecond";

if (canMeasure("metrics", ["ip", "bash", "dd", "taskset"])) await run();

async function run(): Promise<void> {
  const bed = new TestBed();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  try {
    const node = await SaturatedNode.start(bed);
    try {
      await measure(node);
    } finally {
      await node.close();
    }
  } finally {
    bed.close();
  }
}

async function measure(node: SaturatedNode): Promise<void> {
  node.setLoad(TEN);
  await sleep(WARM_MS);
  const loads = new Map([
    ["without requests", NO_REQUESTS],
    ["ten requests a second", TEN],
    ["a hundred requests a second", HUNDRED],
  ]);
  const rounds = await valuesInRounds(
    [...loads].map(([name, load]) => ({ name, measure: () => round(node, load) })),
    ROUNDS,
  );
  const [alone = [], tenTimes = [], hundredTimes = []] = undisturbed([...rounds.values()]);
  if (alone.length < ROUNDS / 2) {
    console.error(
      `metrics: another process used the processor of the node in ${ROUNDS - alone.length} of ${ROUNDS} rounds`,
    );
    process.exitCode = 1;
    return;
  }
  report(spread("packets, ten requests a second", tenTimes, alone, "packetsPerSecond"));
  report(spread("packets per processor second, ten requests a second", tenTimes, alone, "packetsPerProcessorSecond"));
  report(
    spread(
      "packets per processor second, a hundred requests a second",
      hundredTimes,
      alone,
      "packetsPerProcessorSecond",
    ),
  );
  report([answerCost(hundredTimes, alone)]);
  report(latencies("an answer of /metrics", tenTimes));
  const queries = await valuesInRounds([{ name: "query", measure: () => round(node, QUERIES) }], IS_QUICK ? 1 : 3);
  report(latencies("an answer to query", [...queries.values()].flat()));
  const all = { value: ROUNDS, name: "all rounds" };
  report([compare("metrics", "rounds without other load", "rounds", alone.length, all)]);
}

/** Drops the rounds in which, for any of the loads, another process used the processor of the node. */
function undisturbed(loads: readonly (readonly Round[])[]): readonly (readonly Round[])[] {
  return loads.map((rounds) =>
    rounds.filter((_, at) => loads.every((others) => (others[at]?.busy ?? 0) >= BUSY_LEAST)),
  );
}

async function round(node: SaturatedNode, load: RequestLoad): Promise<Round> {
  node.setLoad(load);
  await sleep(SETTLE_MS);
  node.takeLatencies();
  const [before, start] = [node.workDone(), performance.now()];
  await sleep(ROUND_MS);
  const [after, end] = [node.workDone(), performance.now()];
  const taken = node.takeLatencies();
  const [packets, seconds] = [after.packets - before.packets, (end - start) / 1e3];
  const processorSeconds = after.processorSeconds - before.processorSeconds;
  return {
    packetsPerSecond: packets / seconds,
    packetsPerProcessorSecond: packets / processorSeconds,
    busy: processorSeconds / seconds,
    answersPerSecond: taken.length / seconds,
    latencies: taken,
  };
}

function spread(name: string, loaded: readonly Round[], alone: readonly Round[], of: Rate): readonly Comparison[] {
  const { median, lower, upper } = quartiles(loaded, alone, of);
  const named = [
    [name, median],
    [`${name}, lower quartile`, lower],
    [`${name}, upper quartile`, upper],
  ] as const;
  return named.map(([figure, { value, reference }]) =>
    compare("metrics", figure, "packets/s", value, { value: reference, name: "without requests" }),
  );
}

/** Node time for one answer: the time that packets lost to answers, divided by the number of answers. */
function answerCost(loaded: readonly Round[], alone: readonly Round[]): Comparison {
  const { value, reference } = quartiles(loaded, alone, "packetsPerProcessorSecond").median;
  const answers = loaded.map((one) => one.answersPerSecond).toSorted((one, other) => one - other)[loaded.length >> 1];
  const cost = ((1 - value / reference) / (answers ?? NaN)) * 1e3;
  return compare("metrics", "the node's time for an answer", "ms", cost, {
    value: ALLOWED_COST_MS,
    name: "2 % at ten a second",
  });
}

function quartiles(loaded: readonly Round[], alone: readonly Round[], of: Rate): PairQuartiles {
  return pairQuartiles(
    loaded.map((one) => one[of]),
    alone.map((one) => one[of]),
  );
}

function latencies(name: string, rounds: readonly Round[]): readonly Comparison[] {
  const sorted = rounds.flatMap((one) => one.latencies).toSorted((one, other) => one - other);
  const figures = [
    ["", sorted[sorted.length >> 1]],
    [", 99 of 100", sorted[Math.floor((sorted.length - 1) * 0.99)]],
    [`, the slowest of ${sorted.length}`, sorted.at(-1)],
  ] as const;
  const allowed = { value: ALLOWED_MS, name: "the limit" };
  return figures.map(([of, latency = NaN]) =>
    compare("metrics", `${name} under full load${of}`, "ms", latency, allowed),
  );
}
