import { setTimeout as sleep } from "node:timers/promises";
import type { Bed } from "../harness/bed.ts";
import { processorSeconds } from "../harness/processor-time.ts";
import type { Way } from "./contender.ts";

/** Something that is asked of every way. */
export interface Measure {
  readonly figure: string;
  readonly unit: string;
  /** It can be taken once only. */
  readonly isOnce?: boolean;
  /** Nothing else may happen meanwhile, as far as that can be had. */
  readonly isIdle?: boolean;
  /** NaN when nothing came through. */
  readonly take: (bed: Bed, way: Way, seconds: number) => Promise<number>;
}

/** What a command may take beyond its time; after that it counts as having measured nothing. */
const PATIENCE_SECONDS = 5;
const SERVER_START_MS = 150;
const PINGS_PER_SECOND = 200;

/** What a ping costs at all times begins with the first second of it; after that every tunnel has carried as many. */
export const MEASURES: readonly Measure[] = [
  { figure: "round trip, first second", unit: "ms", isOnce: true, isIdle: true, take: roundTrip },
  { figure: "round trip, idle", unit: "ms", isIdle: true, take: roundTrip },
  { figure: "round trip, loaded", unit: "ms", take: loadedRoundTrip },
  { figure: "TCP, one stream", unit: "Gbit/s", take: (bed, way, time) => tcp(bed, way, time, 1) },
  { figure: "TCP, eight streams", unit: "Gbit/s", take: (bed, way, time) => tcp(bed, way, time, 8) },
  { figure: "UDP, 64 bytes", unit: "packets/s", take: (bed, way, time) => udp(bed, way, time, 64) },
  { figure: "UDP, 1200 bytes", unit: "packets/s", take: (bed, way, time) => udp(bed, way, time, 1200) },
  { figure: "processor per Gbit", unit: "s", take: processorPerGigabit },
];

/** The average of a second of pings, one every 5 ms. */
export async function roundTrip(bed: Bed, { address }: Way, seconds: number): Promise<number> {
  const count = String(Math.ceil(PINGS_PER_SECOND * Math.min(seconds, 1)));
  const text = await bed.read("a", seconds + PATIENCE_SECONDS, [
    "ping",
    "-n",
    "-q",
    "-c",
    count,
    "-i",
    String(1 / PINGS_PER_SECOND),
    address,
  ]);
  return Number(/ = [\d.]+\/([\d.]+)\//.exec(text)?.[1] ?? NaN);
}

async function loadedRoundTrip(bed: Bed, way: Way, seconds: number): Promise<number> {
  const load = tcp(bed, way, seconds, 1);
  const [time] = await Promise.all([roundTrip(bed, way, seconds), load]);
  return time;
}

interface Sum {
  readonly bits_per_second?: number;
  readonly packets?: number;
  readonly lost_packets?: number;
  readonly seconds?: number;
}

export async function tcp(bed: Bed, { address }: Way, seconds: number, streams: number): Promise<number> {
  const end = await iperf(bed, address, seconds, ["-P", String(streams)]);
  return (end?.sum_received?.bits_per_second ?? NaN) / 1e9;
}

/** Datagrams that arrive when as many as possible are sent. */
async function udp(bed: Bed, { address }: Way, seconds: number, bytes: number): Promise<number> {
  const end = await iperf(bed, address, seconds, ["-u", "-b", "0", "-l", String(bytes)]);
  const { packets = NaN, lost_packets: lost = NaN, seconds: took = NaN } = end?.sum_received ?? end?.sum ?? {};
  return (packets - lost) / took;
}

/** With a server of its own each time: one whose client was lost serves no other. */
async function iperf(bed: Bed, address: string, seconds: number, options: readonly string[]): Promise<End | undefined> {
  const server = bed.spawn("b", ["iperf3", "--server", "--one-off"]);
  try {
    await sleep(SERVER_START_MS);
    const client = ["iperf3", "-c", address, "-J", "-t", String(seconds), ...options];
    const text = await bed.read("a", seconds + PATIENCE_SECONDS, client);
    return text === "" ? undefined : (JSON.parse(text) as { readonly end?: End }).end;
  } finally {
    server.kill("SIGKILL");
  }
}

interface End {
  readonly sum?: Sum;
  readonly sum_received?: Sum;
}

/** Seconds of processor that the tunnel's own processes take for a gigabit of one TCP stream; NaN where there are none. */
async function processorPerGigabit(bed: Bed, way: Way, seconds: number): Promise<number> {
  if (way.processes.length === 0) return NaN;
  const before = processorSeconds(way.processes);
  const rate = await tcp(bed, way, seconds, 1);
  return (processorSeconds(way.processes) - before) / (rate * seconds);
}
