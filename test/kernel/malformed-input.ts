import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Packet, type Tuple } from "../../runtime/plan/values/packet.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { answerOf, NONCE_MIN, probeOf } from "../../runtime/path/probe-message.ts";
import type { Namespace } from "../native/namespace.ts";
import { eventSpec } from "../predicate-spec.ts";
import { sanitizedCheckout } from "./sanitized-checkout.ts";
import { METRICS, sumOf, readMetrics } from "./read-metrics.ts";
import { TunnelPair } from "./tunnel-pair.ts";

const LOOK_MS = 1_000;
/** Sanitizers are slow. */
const TIMEOUT_MS = 40_000;

/** Metrics of bytes read by the device and by the socket. */
const READ = ["mosaic_tun_read_bytes_total", "mosaic_network_received_bytes_total"] as const;

/** Counters that show the variety of the input. */
const VARIETY = /^mosaic_(?:dropped|tun|network|steps_stopped|queue_dropped)/;

/** Input of a node, and its state afterwards. */
export interface MalformedOutcome {
  /** Bytes that the node read. */
  readonly device: number;
  readonly socket: number;
  /** Whether both nodes still run. */
  readonly isAlive: boolean;
  /** Reports of the sanitizers, and logs of the nodes. */
  readonly reports: readonly string[];
  /** Metrics of the node. */
  readonly counters: Readonly<Record<string, number>>;
  /** Digest of a stream through the tunnel afterwards. */
  readonly digest: string;
}

/** Feeds a node malformed bytes, half by its device and half by its socket, and then a stream of `after` bytes. */
export async function feedMalformed(bytes: number, seed: number, after: number): Promise<MalformedOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-malformed-"));
  try {
    const checkout = sanitizedCheckout(folder);
    const program = compileFeeder(folder);
    const samples = join(folder, "samples");
    writeFileSync(samples, sampleFile());
    const options = ["ron.mzl", ...METRICS];
    await using pair = new TunnelPair(options, "link", undefined, checkout.environment, checkout.program);
    await pair.ready(TIMEOUT_MS);
    const feeders = [
      feed(pair.a, program, "device", "moz", String(seed)),
      feed(pair.b, program, "socket", "10.77.8.1", "10000", String(seed), samples),
    ];
    const metrics = await readEnough(pair, feeders, bytes / 2);
    const [device, socket] = READ.map((name) => sumOf(metrics, name)) as [number, number];
    for (const feeder of feeders) feeder.kill("SIGKILL");
    const isAlive = pair.pids.every(runs);
    const reports = pair.said.split("\n").filter((line) => /Sanitizer|runtime error|rror:/.test(line));
    const counters = Object.fromEntries([...metrics].filter(([name]) => VARIETY.test(name)));
    const aftermath = { device, socket, isAlive, reports, counters };
    if (!isAlive || reports.length > 0) return { ...aftermath, digest: "" };
    await pair.ready(TIMEOUT_MS);
    await pair.serve("serve", after);
    return { ...aftermath, digest: await pair.ask("fetch") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compileFeeder(folder: string): string {
  const program = join(folder, "malformed");
  const source = fileURLToPath(new URL("malformed.c", import.meta.url));
  const { status, stderr } = spawnSync("cc", ["-O2", "-o", program, source], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return program;
}

function feed(host: Namespace, program: string, ...args: readonly string[]): ChildProcess {
  const command = ["netns", "exec", host.name, "nice", "-n", "19", program, ...args];
  return spawn("ip", command, { stdio: ["ignore", "ignore", "inherit"] });
}

/** Waits until the node has read enough bytes by device and socket, or a process has ended. Returns its metrics. */
async function readEnough(
  pair: TunnelPair,
  feeders: readonly ChildProcess[],
  bytes: number,
): Promise<ReadonlyMap<string, number>> {
  let metrics: ReadonlyMap<string, number> = new Map();
  const hasRead = (): boolean => READ.every((name) => sumOf(metrics, name) >= bytes);
  while (!hasRead() && pair.pids.every(runs) && feeders.every(({ exitCode }) => exitCode === null)) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    metrics = metricsOf(pair.a) ?? metrics;
  }
  return metrics;
}

function metricsOf(host: Namespace): ReadonlyMap<string, number> | undefined {
  try {
    return readMetrics((...command) => host.run(...command));
  } catch {
    return undefined;
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Valid datagrams of every kind that the node accepts. */
function sampleFile(): Uint8Array {
  const datagrams = samplesOf().flatMap((tuple) => {
    const builder = new DatagramBuilder(1_400);
    builder.add(tuple);
    return builder.take();
  });
  const sound = [...datagrams, probeOf(NONCE_MIN + 1, 600), answerOf(NONCE_MIN + 1)];
  return Buffer.concat(sound.flatMap((bytes) => [Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]));
}

function samplesOf(): readonly Tuple[] {
  const [here, there] = ["10.77.8.1:10000", "10.77.8.2:10000"];
  const event = (name: string, ...args: readonly Value[]): Tuple => {
    return { predicate: eventSpec(name, args.length), args: [...args], isDelete: false };
  };
  const packet = (length: number): Tuple => event("tun", ipPacket(length));
  const carried = (tuple: Tuple): Tuple => event("ron.send", here, Packet.of(tuple));
  const links: Value = [here, there].map((member) => [member, 0.001, 0, 0]);
  const account: Value = [[7, true, there, 0.5]];
  return [
    ...[0, 40, 60, 1_300].flatMap((length) => [packet(length), carried(packet(length))]),
    carried(carried(packet(100))),
    event("ping", there, here),
    event("ron.lsa", there, links),
    carried(event("ron.lsa", there, links)),
    event("lsa", there, links),
    event("?rows", here, NONCE_MIN, 1, true, account),
    event("?heard", NONCE_MIN, 1),
    event("lsa", there, "x".repeat(4_000)),
  ];
}

function ipPacket(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (length >= 20) {
    bytes.set([0x45, 0, length >> 8, length & 0xff, 0, 1, 0x40, 0, 64, 17]);
    bytes.set([100, 64, 8, 2, 100, 64, 8, 1], 12);
  }
  return bytes;
}
