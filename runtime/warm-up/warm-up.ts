/**
 * The warm-up: before a node opens its device, two temporary nodes of the same program pass packets to each other in memory, so
 * that V8 has compiled the packet path before the first real packet. src/cli/run/warm-up.ts decides whether to run it.
 *
 * The nodes use the real device code (LinuxTun, NativeDatagrams) over MemoryTun and MemorySocket, because exactly that code must
 * be compiled. docs/design/warm-up.md gives the measurements.
 */
import type { Native } from "../../native/index.ts";
import { parseHostPort } from "../plan/values/host-port.ts";
import { LinuxClock } from "../device/linux-clock.ts";
import { LinuxTun } from "../device/linux-tun.ts";
import { IoBatch } from "../device/io-batch.ts";
import { openNativeDatagrams } from "../device/native-datagrams.ts";
import { Node } from "../node/node.ts";
import type { Fact } from "../node/peer-facts.ts";
import type { Program } from "../node/program.ts";
import { VirtualTime } from "../sim/virtual-time.ts";
import type { Clock } from "../world/world.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { MemoryTun } from "./memory-tun.ts";
import { packetBetween } from "./packet.ts";
import { WarmUpClock } from "./warm-up-clock.ts";

/** One end of the warm-up: configuration of a temporary node. */
export interface Endpoint {
  /** Name and listen address of the node: a numeric `host:port`. Both endpoints have addresses of one family. */
  readonly address: string;
  /** Virtual address of the device of the node. Both endpoints have virtual addresses of one family. */
  readonly virtual: string;
  readonly facts: readonly Fact[];
}

/** Result of a warm-up: packets read from the two devices, and packets written to them. */
export interface WarmUpResult {
  readonly sent: number;
  readonly arrived: number;
}

/** Virtual time in which overlays measure their links before packets are sent, and the step by which the clock advances, in seconds. */
const MEASURE_SECONDS = 30;
const MEASURE_STEP = 0.05;
/** Number of packets in phase 2, enough for V8 to compile the packet path, and virtual seconds between two packets. */
const PACKETS = 8_000;
const PACKET_EVERY = 0.001;
const FIRST_PACKETS = 200;
const LENGTHS = [84, 540] as const;
/** Number of packets of a train, and number of lone packets between two trains. */
const TRAIN_PACKETS = 8;
const TRAIN_EVERY = 4;
const MTU = 1_400;
/** A router solicitation: every kernel sends some through a new device, and no rule has a route for them. */
const ANY_HOST = "fe80::1";
const ALL_ROUTERS = "ff02::2";
const SOLICITATION_BYTES = 48;
const SOLICIT_EVERY = 16;

const NO_PACKETS: WarmUpResult = { sent: 0, arrived: 0 };

/** Limits of the temporary nodes, so that no program makes the warm-up long. */
const LIMITS = { rounds: 100, derivations: 10_000, queued: 1_000, queuedBytes: 1 << 20 };

/**
 * Runs the warm-up, which ends when all packets were sent or `isOver` returns true. `isOver` is called often.
 *
 * There are two phases, because code that V8 optimises must stay valid: otherwise V8 deoptimises it on the first real packet. Phase 1 uses
 * the Linux clock, whose timers never fire in this time, and stops its nodes. Phase 2 uses virtual time. V8 then compiles the code with
 * type feedback of both clocks and of a shutdown, so that neither the end of phase 2 nor the real node invalidates the compiled code.
 */
export async function warmUp(
  program: Program,
  endpoints: readonly [Endpoint, Endpoint],
  native: Native,
  isOver: () => boolean,
): Promise<WarmUpResult> {
  await runPhase(program, endpoints, native, new LinuxClock(), async (network, nodes) =>
    exchangePackets(network, nodes, endpoints, FIRST_PACKETS, isOver),
  );
  const time = new VirtualTime();
  return runPhase(program, endpoints, native, new WarmUpClock(time), async (network, nodes) => {
    for (let at = MEASURE_STEP; at < MEASURE_SECONDS && !isOver(); at += MEASURE_STEP) {
      time.runUntil(at);
      await network.deliverAll(isOver);
    }
    const isStopped = (): boolean => time.runUntil(time.now + PACKET_EVERY).kind === "stuck" || isOver();
    return exchangePackets(network, nodes, endpoints, PACKETS, isStopped);
  });
}

type NodePair = readonly [WarmUpNode, WarmUpNode];

/** Starts a pair of nodes, runs `exchange`, and stops them. */
async function runPhase(
  program: Program,
  endpoints: readonly [Endpoint, Endpoint],
  native: Native,
  clock: Clock,
  exchange: (network: MemoryNetwork, nodes: NodePair) => Promise<WarmUpResult>,
): Promise<WarmUpResult> {
  const network = new MemoryNetwork();
  const one = openNode(program, endpoints[0], clock, network.native(native));
  const other = openNode(program, endpoints[1], clock, network.native(native));
  if (one === undefined || other === undefined) return NO_PACKETS;
  const result = one.node.start() && other.node.start() ? await exchange(network, [one, other]) : NO_PACKETS;
  await Promise.all([one.node.stop(), other.node.stop()]);
  return result;
}

/** Sends packets and trains in both directions, and a router solicitation now and then. */
async function exchangePackets(
  network: MemoryNetwork,
  [one, other]: NodePair,
  [here, there]: readonly [Endpoint, Endpoint],
  count: number,
  isOver: () => boolean,
): Promise<WarmUpResult> {
  const ways = [
    { tun: one.tun, from: here.virtual, to: there.virtual },
    { tun: other.tun, from: there.virtual, to: here.virtual },
  ].map(({ tun, from, to }) => ({ tun, packets: LENGTHS.map((length) => packetBetween(from, to, length)) }));
  const packets = ways.flatMap(({ tun, packets: some }) => some.map((packet) => ({ tun, packet })));
  const trains = ways.map(({ tun, packets: some }) => ({ tun, train: repeated(some.at(-1) as Uint8Array) }));
  const solicitation = packetBetween(ANY_HOST, ALL_ROUTERS, SOLICITATION_BYTES);
  let trained = 0;
  let sent = 0;
  for (; sent < count && !isOver(); sent++) {
    const { tun, packet } = packets[sent % packets.length] as (typeof packets)[number];
    if (sent % SOLICIT_EVERY === 0) tun.deliver(solicitation);
    tun.deliver(packet);
    await network.deliverAll(isOver);
    if (sent % TRAIN_EVERY !== 0) continue;
    const { tun: sender, train } = trains[(sent / TRAIN_EVERY) % trains.length] as (typeof trains)[number];
    sender.deliver(train, TRAIN_PACKETS);
    trained += TRAIN_PACKETS;
    await network.deliverAll(isOver);
  }
  return { sent: sent + trained, arrived: one.tun.written + other.tun.written };
}

/** Returns `TRAIN_PACKETS` copies of the packet, one after the other. */
function repeated(packet: Uint8Array): Uint8Array {
  return Buffer.concat(Array.from({ length: TRAIN_PACKETS }, () => packet));
}

interface WarmUpNode {
  readonly node: Node;
  readonly tun: MemoryTun;
}

/** Opens a temporary node. Returns undefined when its address is not numeric. */
function openNode(
  program: Program,
  { address, facts }: Endpoint,
  clock: Clock,
  native: Native,
): WarmUpNode | undefined {
  const parsed = parseHostPort(address);
  if (!parsed.ok || parsed.at.family === undefined) return undefined;
  const { host, port, family } = parsed.at;
  const resolve = (): Promise<never> => Promise.reject(new Error("no names"));
  const ioBatch = new IoBatch();
  const opened = openNativeDatagrams(native, host, port, { family, maxPayload: MTU, resolve, trains: true, ioBatch });
  if (!opened.ok) return undefined;
  const tun = new MemoryTun();
  const world = {
    clock,
    seed: 1,
    datagrams: opened.datagrams,
    devices: [new LinuxTun(tun, { mtu: MTU, trains: true, ioBatch })],
  };
  return {
    node: new Node(program, world, { names: [address], facts, watch: [], limits: LIMITS, sendRate: Infinity }),
    tun,
  };
}
