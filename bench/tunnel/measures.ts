import { setTimeout as sleep } from "node:timers/promises";
import type { TestBed } from "../harness/test-bed.ts";
import { processorSeconds } from "../harness/processor-time.ts";
import { INNER_MTU, type Tunnel } from "./tunnel-contender.ts";

/** A quantity that is measured for every tunnel. */
export interface Measure {
  readonly figure: string;
  readonly unit: string;
  /** Whether it can be measured only once, as the first second of a tunnel. */
  readonly isOnce?: boolean;
  /** Whether it needs an otherwise idle machine. */
  readonly isIdle?: boolean;
  /** Returns NaN when no packet arrived. */
  readonly take: (bed: TestBed, tunnel: Tunnel, seconds: number) => Promise<number>;
}

/** Time that a command may take beyond its duration before it is killed. */
const GRACE_SECONDS = 5;
const SERVER_START_MS = 150;
const PINGS_PER_SECOND = 200;

/** The first second comes first: later measures would warm the tunnels up. */
export const MEASURES: readonly Measure[] = [
  { figure: "round trip, first second", unit: "ms", isOnce: true, isIdle: true, take: roundTrip },
  { figure: "round trip, idle", unit: "ms", isIdle: true, take: roundTrip },
  { figure: "round trip, loaded", unit: "ms", take: loadedRoundTrip },
  { figure: "TCP, one stream", unit: "Gbit/s", take: (bed, tunnel, time) => tcp(bed, tunnel, time, 1) },
  { figure: "TCP, eight streams", unit: "Gbit/s", take: (bed, tunnel, time) => tcp(bed, tunnel, time, 8) },
  { figure: "UDP, 64 bytes", unit: "packets/s", take: (bed, tunnel, time) => udp(bed, tunnel, time, 64) },
  { figure: "UDP, 1200 bytes", unit: "packets/s", take: (bed, tunnel, time) => udp(bed, tunnel, time, 1200) },
  { figure: "processor per Gbit", unit: "s", take: processorPerGigabit },
];

/** Payload of a TCP segment in a packet of the device, in bits. */
const SEGMENT_BITS = 8 * (INNER_MTU - 52);

/** Returns the processor time of the tunnel's processes for a packet of full length of one TCP stream, in microseconds. */
export async function processorPerPacket(bed: TestBed, tunnel: Tunnel, time: number): Promise<number> {
  return (await processorPerGigabit(bed, tunnel, time)) * (SEGMENT_BITS / 1e3);
}

/** Returns the mean round-trip time of one second of pings, one every 5 ms, in milliseconds. */
export async function roundTrip(bed: TestBed, { address }: Tunnel, seconds: number): Promise<number> {
  const count = String(Math.ceil(PINGS_PER_SECOND * Math.min(seconds, 1)));
  const text = await bed.read("a", seconds + GRACE_SECONDS, [
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

async function loadedRoundTrip(bed: TestBed, tunnel: Tunnel, seconds: number): Promise<number> {
  const load = tcp(bed, tunnel, seconds, 1);
  const [time] = await Promise.all([roundTrip(bed, tunnel, seconds), load]);
  return time;
}

interface Sum {
  readonly bits_per_second?: number;
  readonly packets?: number;
  readonly lost_packets?: number;
  readonly seconds?: number;
}

export async function tcp(bed: TestBed, { address }: Tunnel, seconds: number, streams: number): Promise<number> {
  const end = await iperf(bed, address, seconds, ["-P", String(streams)]);
  return (end?.sum_received?.bits_per_second ?? NaN) / 1e9;
}

/** Returns the datagrams per second that arrive while the sender sends at full speed. */
async function udp(bed: TestBed, { address }: Tunnel, seconds: number, bytes: number): Promise<number> {
  const end = await iperf(bed, address, seconds, ["-u", "-b", "0", "-l", String(bytes)]);
  const { packets = NaN, lost_packets: lost = NaN, seconds: took = NaN } = end?.sum_received ?? end?.sum ?? {};
  return (packets - lost) / took;
}

/** Starts a new server for each run: a server whose client disappeared accepts no other. */
async function iperf(
  bed: TestBed,
  address: string,
  seconds: number,
  options: readonly string[],
): Promise<End | undefined> {
  const server = bed.spawn("b", ["iperf3", "--server", "--one-off"]);
  try {
    await sleep(SERVER_START_MS);
    const client = ["iperf3", "-c", address, "-J", "-t", String(seconds), ...options];
    const text = await bed.read("a", seconds + GRACE_SECONDS, client);
    return text === "" ? undefined : (JSON.parse(text) as { readonly end?: End }).end;
  } finally {
    server.kill("SIGKILL");
  }
}

/**
 * Returns the throughput of one TCP stream at the receiver in each interval, in Gbit/s. The list is shorter, or empty, if the stream stands
 * still or cannot be measured.
 */
export async function tcpByInterval(
  bed: TestBed,
  { address }: Tunnel,
  intervals: number,
  intervalMs: number,
): Promise<readonly number[]> {
  const length = (intervals * intervalMs) / 1e3;
  const interval = ["-i", String(intervalMs / 1e3)];
  const server = ["iperf3", "--server", "--one-off", "--json", "--idle-timeout", "5", ...interval];
  const received = bed.read("b", SERVER_START_MS / 1e3 + length + GRACE_SECONDS, server);
  await sleep(SERVER_START_MS);
  await bed.read("a", length + GRACE_SECONDS, ["iperf3", "-c", address, "-t", String(Math.ceil(length)), ...interval]);
  const text = await received;
  const { intervals: rows = [] } = (text === "" ? {} : JSON.parse(text)) as { readonly intervals?: readonly Row[] };
  return rows.slice(0, intervals).map(({ sum }) => (sum.bits_per_second ?? 0) / 1e9);
}

interface Row {
  readonly sum: Sum;
}

interface End {
  readonly sum?: Sum;
  readonly sum_received?: Sum;
}

/** Returns the processor seconds of the tunnel's processes for a gigabit of one TCP stream; NaN for a tunnel without processes. */
async function processorPerGigabit(bed: TestBed, tunnel: Tunnel, seconds: number): Promise<number> {
  if (tunnel.processes.length === 0) return NaN;
  const before = processorSeconds(tunnel.processes);
  const rate = await tcp(bed, tunnel, seconds, 1);
  return (processorSeconds(tunnel.processes) - before) / (rate * seconds);
}
