import { DETECTION } from "../sim/ron-network.ts";
import { ADDRESSES, VIRTUAL } from "./fuzzed-program.ts";
import type { FuzzedNetwork } from "./fuzzed-network.ts";

const INTERVAL = 0.1;
const WATCHED_SECONDS = 5;

/**
 * Pings from each host to each other through the TUN devices. Returns the first pair without answers for longer than the time in which
 * RON detects a failure, or undefined.
 */
export function pingsArrive(network: FuzzedNetwork): string | undefined {
  const { simulation } = network;
  const pairs = VIRTUAL.flatMap((_, from) => VIRTUAL.flatMap((__, to) => (from === to ? [] : [{ from, to }])));
  const answers = pairs.map(({ from, to }) => {
    const times: number[] = [];
    const host = simulation.host(ADDRESSES[from] as string);
    const ping = host.kernel.ping({ destination: VIRTUAL[to] as string }, INTERVAL, (report) => {
      if (report.kind === "reply") times.push(report.at);
    });
    return { from, to, times, ping };
  });
  const start = simulation.now;
  simulation.runUntil(start + WATCHED_SECONDS);
  for (const { ping } of answers) ping.stop();
  const silent = answers.find(({ times }) => longestGap([start, ...times, simulation.now]) > DETECTION.fast);
  return (
    silent &&
    `from ${VIRTUAL[silent.from]} to ${VIRTUAL[silent.to]}: ${silent.times.length} answers in ${WATCHED_SECONDS} s`
  );
}

function longestGap(times: readonly number[]): number {
  return times.reduce((longest, time, at) => Math.max(longest, time - (times[at - 1] ?? time)), 0);
}
