import { spawnSync } from "node:child_process";
import { type Comparison, compare } from "../harness/figure.ts";
import { report } from "../harness/report.ts";
import { measureInRounds, ROUNDS, type Sample } from "../harness/rounds.ts";
import { Bed } from "../harness/bed.ts";
import type { Contender, Way } from "./contender.ts";
import { RON, RON_DETOUR, THREE_LAYERS, TUNNEL, TUNNEL_PLAIN } from "./contenders/mosaic.ts";
import { OPENVPN } from "./contenders/openvpn.ts";
import { VETH } from "./contenders/veth.ts";
import { MEASURES, type Measure, roundTrip } from "./measures.ts";

/**
 * How fast are packets through rules beside no tunnel at all, and beside OpenVPN without cipher? All contenders stand ready
 * in the same namespaces and are measured in turn. What is idle is measured of the silent ones before the others are there.
 */
const IS_QUICK = process.argv.includes("--quick");
/** Whole: iperf3 takes no others. */
const SECONDS = IS_QUICK ? 1 : 2;
const READY_SECONDS = 15;
/** Of a figure that is wanted; all are when there is none. */
const ONLY: string = process.argv.find((option) => option.startsWith("--only="))?.slice("--only=".length) ?? "";

const CONTENDERS: readonly Contender[] = [VETH, OPENVPN, TUNNEL, TUNNEL_PLAIN, RON, RON_DETOUR, THREE_LAYERS];
/** What each is compared with: the first of these that takes part and is another. */
const REFERENCES: ReadonlyMap<Contender, readonly Contender[]> = new Map([
  [OPENVPN, [VETH]],
  [TUNNEL, [OPENVPN, VETH]],
  [TUNNEL_PLAIN, [OPENVPN]],
  [RON, [TUNNEL, OPENVPN, VETH]],
  [RON_DETOUR, [TUNNEL]],
  [THREE_LAYERS, [TUNNEL]],
]);

const missing = ["ip", "ping", "iperf3"].filter((command) => !isThere(command));
if (process.geteuid?.() !== 0) missing.push("root");
if (missing.length > 0) {
  console.error(`tunnel: not measured; needs ${missing.join(", ")}`);
  process.exitCode = 1;
} else {
  await run();
}

async function run(): Promise<void> {
  const present = CONTENDERS.filter((contender) => contender.needs.every(isThere));
  for (const { name } of CONTENDERS.filter((one) => !present.includes(one))) {
    console.error(`tunnel: ${name} is not on this machine: nothing is compared with it`);
  }
  const bed = new Bed();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  try {
    const measures = MEASURES.filter(({ figure }) => figure.includes(ONLY));
    const ways = await start(
      bed,
      present.filter(({ isSilent }) => isSilent),
    );
    const idle = new Map<Measure, Samples>();
    for (const measure of measures.filter(({ isIdle }) => isIdle)) idle.set(measure, await take(bed, measure, ways));
    const others = await start(
      bed,
      present.filter(({ isSilent }) => !isSilent),
      ways.size,
    );
    for (const [contender, way] of others) ways.set(contender, way);
    for (const measure of measures) {
      const before = idle.get(measure);
      const samples = await take(bed, measure, before === undefined ? ways : others);
      report(comparisonsOf(measure, ways, new Map([...(before ?? []), ...samples])));
    }
  } finally {
    bed.close();
  }
}

type Samples = ReadonlyMap<string, Sample>;

/** `before` of others have been started. */
async function start(bed: Bed, contenders: readonly Contender[], before: number = 0): Promise<Map<Contender, Way>> {
  const ways = new Map(contenders.map((contender, at) => [contender, contender.start(bed, before + at)]));
  for (const [contender, way] of ways) await untilCarrying(bed, contender, way);
  return ways;
}

function take(bed: Bed, measure: Measure, ways: ReadonlyMap<Contender, Way>): Promise<Samples> {
  const measured = [...ways].map(([{ name }, way]) => ({ name, measure: () => measure.take(bed, way, SECONDS) }));
  return measureInRounds(measured, IS_QUICK || measure.isOnce === true ? 1 : ROUNDS);
}

function comparisonsOf(
  { figure, unit }: Measure,
  ways: ReadonlyMap<Contender, Way>,
  samples: Samples,
): readonly Comparison[] {
  const value = ({ name }: Contender): number => samples.get(name)?.median ?? NaN;
  return [...ways.keys()].flatMap((contender) => {
    const others = (REFERENCES.get(contender) ?? []).filter((other) => ways.has(other) && !Number.isNaN(value(other)));
    return others.map((other) =>
      compare("tunnel", `${figure}: ${contender.name}`, unit, value(contender), {
        value: value(other),
        name: other.name,
      }),
    );
  });
}

async function untilCarrying(bed: Bed, { name }: Contender, way: Way): Promise<void> {
  const deadline = performance.now() + READY_SECONDS * 1e3;
  while (Number.isNaN(await roundTrip(bed, way, 0.05))) {
    if (performance.now() > deadline) throw new Error(`${name} carries no packet after ${READY_SECONDS} s`);
  }
}

function isThere(command: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}
