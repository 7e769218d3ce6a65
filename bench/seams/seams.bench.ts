import { canMeasure } from "../harness/can-measure.ts";
import { type Comparison, compare } from "../harness/figure.ts";
import { report } from "../harness/report.ts";
import { measureInRounds, ROUNDS } from "../harness/rounds.ts";
import { TestBed } from "../harness/test-bed.ts";
import { SEALED, SHIM, TUNNEL } from "../tunnel/contenders/mosaic.ts";
import { processorPerPacket, roundTrip, tcp } from "../tunnel/measures.ts";
import type { Contender, Tunnel } from "../tunnel/tunnel-contender.ts";

/**
 * Compares tunnels whose rules send packets by sockets of their own, with a few bytes before each packet and sealed, with `tunnel.mzl` in
 * the same namespaces: the throughput of TCP, and the processor time of a packet.
 */
const IS_QUICK = process.argv.includes("--quick");
/** A whole number: iperf3 accepts no fractions. */
const SECONDS = IS_QUICK ? 1 : 3;
const READY_SECONDS = 60;
const CONTENDERS: readonly Contender[] = [TUNNEL, SHIM, SEALED];

const MEASURES = [
  {
    figure: "TCP, one stream",
    unit: "Gbit/s",
    take: (bed: TestBed, tunnel: Tunnel): Promise<number> => tcp(bed, tunnel, SECONDS, 1),
  },
  {
    figure: "processor time of a packet at both ends",
    unit: "µs",
    take: (bed: TestBed, tunnel: Tunnel): Promise<number> => processorPerPacket(bed, tunnel, SECONDS),
  },
] as const;

if (canMeasure("seams", ["ip", "ping", "iperf3"])) await run();

async function run(): Promise<void> {
  const bed = new TestBed();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  try {
    const tunnels = CONTENDERS.map((contender, at) => ({ contender, tunnel: contender.start(bed, at) }));
    for (const { contender, tunnel } of tunnels) await untilCarrying(bed, contender, tunnel);
    for (const { figure, unit, take } of MEASURES) {
      const measured = tunnels.map(({ contender: { name }, tunnel }) => ({ name, measure: () => take(bed, tunnel) }));
      const samples = await measureInRounds(measured, IS_QUICK ? 1 : ROUNDS);
      const median = ({ name }: Contender): number => samples.get(name)?.median ?? NaN;
      const reference = { name: TUNNEL.name, value: median(TUNNEL) };
      const comparisons: readonly Comparison[] = [SHIM, SEALED].map((contender) =>
        compare("seams", `${figure}: ${contender.name}`, unit, median(contender), reference),
      );
      report(comparisons);
    }
  } finally {
    bed.close();
  }
}

async function untilCarrying(bed: TestBed, { name }: Contender, tunnel: Tunnel): Promise<void> {
  const deadline = performance.now() + READY_SECONDS * 1e3;
  while (Number.isNaN(await roundTrip(bed, tunnel, 0.05))) {
    if (performance.now() > deadline) throw new Error(`${name} carries no packet after ${READY_SECONDS} s`);
  }
}
