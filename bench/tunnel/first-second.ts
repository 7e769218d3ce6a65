import { compare, type Comparison } from "../harness/figure.ts";
import { valuesInRounds } from "../harness/rounds.ts";
import type { TestBed } from "../harness/test-bed.ts";
import { tcpByInterval } from "./measures.ts";
import type { Contender, Tunnel } from "./tunnel-contender.ts";

/** Name of the figure, which `--only` selects. */
export const FIRST_SECOND = "TCP, first second";

const INTERVALS = 10;
const INTERVAL_MS = 100;
/** Quantiles of the distribution over the pairs. */
const QUANTILES: readonly number[] = [0, 0.25, 0.5, 0.75, 1];

/**
 * Measures the first second of one TCP stream in each interval of 100 ms, over fresh tunnels. `start` returns a tunnel that carries
 * packets. Returns the quantiles of the throughput over the tunnels, each beside the same quantile of the last contender.
 */
export async function compareFirstSeconds(
  bed: TestBed,
  contenders: readonly Contender[],
  start: (contender: Contender) => Promise<Tunnel>,
  rounds: number,
): Promise<readonly Comparison[]> {
  const measured = contenders.map((contender) => ({
    name: contender.name,
    measure: async () => {
      const tunnel = await start(contender);
      try {
        return await tcpByInterval(bed, tunnel, INTERVALS, INTERVAL_MS);
      } finally {
        for (const node of tunnel.processes) node.kill();
      }
    },
  }));
  const rows = await valuesInRounds(measured, rounds);
  const reference = contenders.at(-1)?.name ?? "";
  return contenders.slice(0, -1).flatMap(({ name }) =>
    Array.from({ length: INTERVALS }, (_, interval) =>
      QUANTILES.map((part) => {
        const at = (contender: string): number => quantile(rows.get(contender) ?? [], interval, part);
        const time = `${interval * INTERVAL_MS} to ${(interval + 1) * INTERVAL_MS} ms`;
        const figure = `${FIRST_SECOND}, ${time}, quantile ${part}: ${name}`;
        return compare("tunnel", figure, "Gbit/s", at(name), { value: at(reference), name: reference });
      }),
    ).flat(),
  );
}

/** Returns the quantile of one interval over the tunnels. An interval that is missing counts as zero. */
function quantile(rows: readonly (readonly number[])[], interval: number, part: number): number {
  const sorted = rows.map((row) => row[interval] ?? 0).toSorted((one, other) => one - other);
  return sorted[Math.round((sorted.length - 1) * part)] ?? NaN;
}
