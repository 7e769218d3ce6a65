import { canMeasure, isInstalled } from "../harness/can-measure.ts";
import { type Comparison, compare } from "../harness/figure.ts";
import { report } from "../harness/report.ts";
import { measureInRounds, ROUNDS, type Sample } from "../harness/rounds.ts";
import { TestBed } from "../harness/test-bed.ts";
import type { Contender, Tunnel } from "./tunnel-contender.ts";
import {
  I3,
  RON,
  RON_DETOUR,
  THREE_LAYERS,
  TUNNEL,
  TUNNEL_AES,
  TUNNEL_CHACHA,
  TUNNEL_PLAIN,
} from "./contenders/mosaic.ts";
import { OPENVPN } from "./contenders/openvpn.ts";
import { VETH } from "./contenders/veth.ts";
import { compareFirstSeconds, FIRST_SECOND } from "./first-second.ts";
import { MEASURES, type Measure, roundTrip } from "./measures.ts";

/**
 * Compares packets through rules with the bare veth device and with OpenVPN without cipher. All tunnels run in the same
 * namespaces and are measured in turn. Idle measures come first, while only tunnels without background traffic run.
 */
const IS_QUICK = process.argv.includes("--quick");
/** A whole number: iperf3 accepts no fractions. */
const SECONDS = IS_QUICK ? 1 : 2;
const READY_SECONDS = 60;
/** Text that a figure's name must contain to be measured. Empty: all figures. */
const ONLY: string = process.argv.find((option) => option.startsWith("--only="))?.slice("--only=".length) ?? "";

/** Fresh tunnels of each contender whose first second is measured. */
const FIRST_SECONDS = IS_QUICK ? 1 : 15;

const CONTENDERS: readonly Contender[] = [
  VETH,
  OPENVPN,
  TUNNEL,
  TUNNEL_AES,
  TUNNEL_CHACHA,
  TUNNEL_PLAIN,
  RON,
  RON_DETOUR,
  THREE_LAYERS,
  I3,
];
/** References of each contender. */
const REFERENCES: ReadonlyMap<Contender, readonly Contender[]> = new Map([
  [OPENVPN, [VETH]],
  [TUNNEL, [OPENVPN, VETH]],
  [TUNNEL_AES, [TUNNEL]],
  [TUNNEL_CHACHA, [TUNNEL]],
  [TUNNEL_PLAIN, [OPENVPN]],
  [RON, [TUNNEL, OPENVPN, VETH]],
  [RON_DETOUR, [TUNNEL]],
  [THREE_LAYERS, [TUNNEL]],
  [I3, [TUNNEL]],
]);

if (canMeasure("tunnel", ["ip", "ping", "iperf3"])) await run();

async function run(): Promise<void> {
  const present = CONTENDERS.filter((contender) => contender.needs.every(isInstalled));
  for (const { name } of CONTENDERS.filter((one) => !present.includes(one))) {
    console.error(`tunnel: ${name} is not installed: no figure is compared with it`);
  }
  const bed = new TestBed();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  try {
    if (FIRST_SECOND.includes(ONLY)) await reportFirstSeconds(bed);
    const measures = MEASURES.filter(({ figure }) => figure.includes(ONLY));
    if (measures.length === 0) return;
    const tunnels = await start(
      bed,
      present.filter(({ isQuietWhenIdle }) => isQuietWhenIdle),
    );
    const idle = new Map<Measure, Samples>();
    for (const measure of measures.filter(({ isIdle }) => isIdle)) idle.set(measure, await take(bed, measure, tunnels));
    const others = await start(
      bed,
      present.filter(({ isQuietWhenIdle }) => !isQuietWhenIdle),
      tunnels.size,
    );
    for (const [contender, tunnel] of others) tunnels.set(contender, tunnel);
    for (const measure of measures) {
      const before = idle.get(measure);
      const samples = await take(bed, measure, before === undefined ? tunnels : others);
      report(comparisonsOf(measure, tunnels, new Map([...(before ?? []), ...samples])));
    }
  } finally {
    bed.close();
  }
}

async function reportFirstSeconds(bed: TestBed): Promise<void> {
  let number = CONTENDERS.length;
  const start = async (contender: Contender): Promise<Tunnel> => {
    const tunnel = contender.start(bed, number++);
    await untilCarrying(bed, contender, tunnel);
    return tunnel;
  };
  report(await compareFirstSeconds(bed, [TUNNEL, TUNNEL_PLAIN, VETH], start, FIRST_SECONDS));
}

type Samples = ReadonlyMap<string, Sample>;

/** Starts tunnels. `before` is the number of tunnels that run already. */
async function start(
  bed: TestBed,
  contenders: readonly Contender[],
  before: number = 0,
): Promise<Map<Contender, Tunnel>> {
  const tunnels = new Map(contenders.map((contender, at) => [contender, contender.start(bed, before + at)]));
  for (const [contender, tunnel] of tunnels) await untilCarrying(bed, contender, tunnel);
  return tunnels;
}

function take(bed: TestBed, measure: Measure, tunnels: ReadonlyMap<Contender, Tunnel>): Promise<Samples> {
  const measured = [...tunnels].map(([{ name }, tunnel]) => ({
    name,
    measure: () => measure.take(bed, tunnel, SECONDS),
  }));
  return measureInRounds(measured, IS_QUICK || measure.isOnce === true ? 1 : ROUNDS);
}

function comparisonsOf(
  { figure, unit }: Measure,
  tunnels: ReadonlyMap<Contender, Tunnel>,
  samples: Samples,
): readonly Comparison[] {
  const value = ({ name }: Contender): number => samples.get(name)?.median ?? NaN;
  return [...tunnels.keys()].flatMap((contender) => {
    const others = (REFERENCES.get(contender) ?? []).filter(
      (other) => tunnels.has(other) && !Number.isNaN(value(other)),
    );
    return others.map((other) =>
      compare("tunnel", `${figure}: ${contender.name}`, unit, value(contender), {
        value: value(other),
        name: other.name,
      }),
    );
  });
}

async function untilCarrying(bed: TestBed, { name }: Contender, tunnel: Tunnel): Promise<void> {
  const deadline = performance.now() + READY_SECONDS * 1e3;
  while (Number.isNaN(await roundTrip(bed, tunnel, 0.05))) {
    if (performance.now() > deadline) throw new Error(`${name} carries no packet after ${READY_SECONDS} s`);
  }
}
