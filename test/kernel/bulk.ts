import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type MemorySample, MemoryProbe } from "../soak/memory-probe.ts";
import { needs } from "../needs.ts";
import type { Namespace } from "../native/namespace.ts";
import { METRICS, readMetrics } from "./read-metrics.ts";
import { TunnelPair } from "./tunnel-pair.ts";

/** Shares of the bytes after which live memory, and then resident memory, are measured for the first time. */
const FIRST = 0.05;
const SECOND = 0.5;

/** Fault of a path, per datagram. */
export type Fault = "none" | "loss" | "reordering";

export interface Bulk {
  readonly bytes: number;
  readonly streams: number;
  readonly fault: Fault;
}

/** Resources of a process after a share of the bytes, and at the end. */
interface Span {
  readonly early: MemorySample;
  readonly late: MemorySample;
}

/** Whether a process has a megabyte more of live memory, or other descriptors, than after the first share. */
export function hasGrown({ early, late }: Span): boolean {
  return late.live >= early.live + 1 || late.descriptors !== early.descriptors;
}

/** Returns a requirement that this host lacks; undefined when it lacks none. */
export function bulkNeeds(): string | undefined {
  return needs("root", "network namespaces", "/dev/net/tun", "addon", "cc", "ip", "ping", "nft", "curl", "sysctl");
}

/** Result of a bulk transfer, in which every byte was compared. */
export interface Carried {
  readonly gigabitsPerSecond: number;
  /** Per node. */
  readonly memory: readonly Span[];
  /** Per node, in megabytes, after half of the bytes and at the end. A heap has stopped growing by the first. */
  readonly resident: readonly { readonly early: number; readonly late: number }[];
  /** Per node: its metrics on offloads and losses. */
  readonly counters: readonly Readonly<Record<string, number>>[];
  readonly badChecksums: number;
}

/** Carries bytes through a tunnel from b to a. Throws when one of them is wrong. */
export async function carry({ bytes, streams, fault }: Bulk): Promise<Carried> {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-bulk-"));
  try {
    const stream = compileStream(folder);
    using witness = new MemoryProbe();
    await using pair = new TunnelPair(METRICS, fault === "none" ? "link" : "router");
    await pair.ready();
    if (pair.router !== undefined) await disturb(pair, pair.router, fault);
    const [first, second] = [Math.floor(FIRST * bytes), Math.floor(SECOND * bytes)];
    await transfer(pair, stream, streams, first);
    const early = await witness.sample(pair.pids);
    await transfer(pair, stream, streams, second - first);
    const residentEarly = witness.resident(pair.pids);
    const seconds = await transfer(pair, stream, streams, bytes - second);
    const residentLate = witness.resident(pair.pids);
    const late = await witness.sample(pair.pids);
    return {
      gigabitsPerSecond: ((bytes - second) * 8) / seconds / 1e9,
      memory: early.map((sample, node) => ({ early: sample, late: late[node] as MemorySample })),
      resident: residentEarly.map((megabytes, node) => ({ early: megabytes, late: residentLate[node] ?? Infinity })),
      counters: [pair.a, pair.b].map(countersOf),
      badChecksums: pair.badChecksums(),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compileStream(folder: string): string {
  const program = join(folder, "stream");
  const source = fileURLToPath(new URL("stream.c", import.meta.url));
  const { status, stderr } = spawnSync("cc", ["-O3", "-o", program, source], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return program;
}

/** Loses or delays one datagram in a hundred. */
async function disturb(pair: TunnelPair, router: Namespace, fault: Fault): Promise<void> {
  for (const host of [pair.a, pair.b]) host.run("ip", "link", "set", "out", "gso_max_segs", "1");
  router.run("nft", "add table inet f");
  router.run("nft", "add chain inet f p { type filter hook prerouting priority -150; }");
  const chosen = 'add rule inet f p iifname { "in", "out" } udp dport 10000 numgen random mod 100 < 1';
  if (fault === "loss") router.run("nft", `${chosen} drop`);
  else {
    const session = router.start(`
      const opened = open({ name: "late", address: "", mtu: 1500 });
      if (!opened.ok) throw new Error(opened.message);
      const hold = (packet) => setTimeout(() => opened.tun.write(packet), 1 + Math.random() * 2);
      opened.tun.onPacket((packet) => hold(packet.slice()));
      print("ready");`);
    await session.next();
    router.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.late.rp_filter=0");
    router.run("ip", "rule", "add", "fwmark", "1", "lookup", "100");
    router.run("ip", "route", "add", "default", "dev", "late", "table", "100");
    router.run("nft", `${chosen} meta mark set 1`);
  }
}

/** Seconds. */
async function transfer(pair: TunnelPair, program: string, streams: number, bytes: number): Promise<number> {
  const run = (host: Namespace, role: string): ReturnType<typeof spawn> => {
    const command = ["netns", "exec", host.name, program, role, pair.there, String(streams), String(bytes)];
    return spawn("ip", command, { stdio: ["ignore", "pipe", "pipe"] });
  };
  const server = run(pair.b, "serve");
  if (server.stdout === null || server.stderr === null) throw new Error("a server is read from");
  const ended = once(server, "exit");
  const refusal = text(server.stderr);
  const isUp = await Promise.race([
    once(createInterface(server.stdout), "line").then(() => true),
    ended.then(() => false),
  ]);
  if (!isUp) throw new Error(`no server: ${await refusal}`);
  const client = run(pair.a, "fetch");
  if (client.stdout === null || client.stderr === null) throw new Error("a client is read from");
  try {
    const [said, complaint] = await Promise.all([text(client.stdout), text(client.stderr), once(client, "exit")]);
    const seconds = Number(/^exact (\S+)/.exec(said)?.[1]);
    if (!(seconds > 0)) throw new Error(`${complaint}${said}${pair.said}`);
    // The next transfer uses the same ports.
    await ended;
    return seconds;
  } finally {
    server.kill("SIGKILL");
  }
}

/** Returns the metrics that explain the throughput. */
function countersOf(host: Namespace): Readonly<Record<string, number>> {
  const explains = /^mosaic_(?:network|tun|drain|dropped|steps_stopped|queue_dropped)/;
  const metrics = readMetrics((...command) => host.run(...command));
  return Object.fromEntries([...metrics].filter(([name]) => explains.test(name)));
}
