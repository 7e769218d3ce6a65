import type { Native } from "../../native/index.ts";
import { parseHostPort } from "../ip/host-port.ts";
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

/** One of the two nodes. */
export interface Endpoint {
  /** Its name, and where it listens: numeric, and of one family with the other's. */
  readonly address: string;
  /** The address of its device, of one family with the other's. */
  readonly virtual: string;
  readonly facts: readonly Fact[];
}

/** How far it got: packets that were given to a device, and those that came out at the other. */
export interface WarmUpResult {
  readonly sent: number;
  readonly arrived: number;
}

/** Overlays measure for a while before they carry anything: seconds of virtual time, and how it passes. */
const SETTLE_SECONDS = 30;
const SETTLE_STEP = 0.05;
/** As pings come, and so many that compilers have seen enough of them. */
const PACKETS = 8_000;
const PACKET_EVERY = 0.001;
const FIRST_PACKETS = 200;
const LENGTHS = [84, 540] as const;
const MTU = 1_400;
/** What every kernel sends through a device that has come up, and nobody has a way for. */
const ANY_HOST = "fe80::1";
const ALL_ROUTERS = "ff02::2";
const SOLICITATION_BYTES = 48;
const SOLICIT_EVERY = 16;

const NOTHING: WarmUpResult = { sent: 0, arrived: 0 };

/** What nodes of a program do here is thrown away: it must not take long, whatever the program is. */
const LIMITS = { rounds: 100, derivations: 10_000, queued: 1_000, queuedBytes: 1 << 20 };

/**
 * Lets two nodes of the program, which are thrown away, send each other packets of their devices, so that the code on a
 * packet's way has been compiled before the first real one comes. Sockets and devices are in memory: nothing is seen of it
 * outside. Ends when `isOver` says so, which it is asked often.
 *
 * There are two acts. What is compiled in the second then knows already that nodes come to an end, and the clock of Linux,
 * whose timers have no time to ring here; and is not thrown away when the second ends, or when the node begins that stays.
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
    for (let at = SETTLE_STEP; at < SETTLE_SECONDS && !isOver(); at += SETTLE_STEP) {
      time.runUntil(at);
      await network.deliverAll(isOver);
    }
    const isStopped = (): boolean => time.runUntil(time.now + PACKET_EVERY).kind === "stuck" || isOver();
    return exchangePackets(network, nodes, endpoints, PACKETS, isStopped);
  });
}

type NodePair = readonly [WarmUpNode, WarmUpNode];

/** One pair of nodes, from their start to their end. */
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
  if (one === undefined || other === undefined) return NOTHING;
  const result = one.node.start() && other.node.start() ? await exchange(network, [one, other]) : NOTHING;
  await Promise.all([one.node.stop(), other.node.stop()]);
  return result;
}

/** Packets to and fro. */
async function exchangePackets(
  network: MemoryNetwork,
  [one, other]: NodePair,
  [here, there]: readonly [Endpoint, Endpoint],
  count: number,
  isOver: () => boolean,
): Promise<WarmUpResult> {
  const packets = [
    ...LENGTHS.map((length) => ({ tun: one.tun, packet: packetBetween(here.virtual, there.virtual, length) })),
    ...LENGTHS.map((length) => ({ tun: other.tun, packet: packetBetween(there.virtual, here.virtual, length) })),
  ];
  const solicitation = packetBetween(ANY_HOST, ALL_ROUTERS, SOLICITATION_BYTES);
  let sent = 0;
  for (; sent < count && !isOver(); sent++) {
    const { tun, packet } = packets[sent % packets.length] as (typeof packets)[number];
    if (sent % SOLICIT_EVERY === 0) tun.deliver(solicitation);
    tun.deliver(packet);
    await network.deliverAll(isOver);
  }
  return { sent, arrived: one.tun.written + other.tun.written };
}

interface WarmUpNode {
  readonly node: Node;
  readonly tun: MemoryTun;
}

/** Undefined where the place is none that a socket could be bound to. */
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
    tun: new LinuxTun(tun, { mtu: MTU, trains: true, ioBatch }),
  };
  return { node: new Node(program, world, { names: [address], facts, watch: [], limits: LIMITS }), tun };
}
