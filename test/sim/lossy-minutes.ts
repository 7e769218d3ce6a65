import { RonNetwork } from "./ron-network.ts";

const MINUTE = 60;
/** Time in seconds that the nodes take to measure their links. */
const START = 5;

/** False alarms of ten nodes, and the hashes of traces of two runs with one seed and of one with another seed. */
export interface LossyMinutes {
  readonly falseAlarms: number;
  readonly hashes: { readonly one: string; readonly again: string; readonly other: string };
}

/** Runs ten nodes for some minutes at 5 % loss, and compares the first `compared` minutes with other runs. */
export function lossyMinutes(minutes: number, compared: number): LossyMinutes {
  const [one, again, other] = [5, 5, 6].map(
    (seed) => new RonNetwork(10, "fast", seed, { delay: 0.02, jitter: 0.01, loss: 0.05 }),
  ) as [RonNetwork, RonNetwork, RonNetwork];
  const traceOf = ({ simulation }: RonNetwork): string => {
    simulation.runUntil(compared * MINUTE);
    return simulation.traceHash();
  };
  const hashes = { one: traceOf(one), again: traceOf(again), other: traceOf(other) };
  one.simulation.runUntil(minutes * MINUTE);
  return { falseAlarms: one.outages.filter(({ time }) => time > START).length, hashes };
}
