import { loadNative } from "../../../native/index.ts";
import { parseCidr } from "../../../runtime/ip/cidr.ts";
import { formatHostPort, parseHostPort } from "../../../runtime/ip/host-port.ts";
import { parseIp } from "../../../runtime/ip/ip-address.ts";
import { type Fact, type Peer, peerFacts } from "../../../runtime/node/peer-facts.ts";
import type { Program } from "../../../runtime/node/program.ts";
import { type Endpoint, warmUp } from "../../../runtime/warm-up/warm-up.ts";
import type { Log } from "../terminal/log.ts";
import type { TunRequest } from "./open-device.ts";
import { isUnspecified } from "../options/address-scope.ts";

/** What the command line says of the node that is about to run. */
export interface WarmUpOptions {
  readonly listen: string;
  readonly address: string | undefined;
  readonly tun: TunRequest | undefined;
  readonly peers: readonly Peer[];
  /** Functions of the user's may do what is seen outside. */
  readonly hasPlugins: boolean;
}

/** What it may take of this thread, and by the clock where others have the processor. */
const CPU_BUDGET_MS = 250;
const WALL_BUDGET_MS = 1_000;
/** Whoever has had less of a processor since it began is one of many that begin: each would only make the others wait. */
const MIN_CPU_SHARE = 0.25;
/** More would have to be loaded three times. */
const MAX_FACTS = 1_000;

/**
 * Lets the program carry packets between this node and a peer in memory, where the command line says what is needed for it:
 * a device, and a peer with a virtual address, and where others do not want the processor. The first packets are carried as fast
 * then as all others.
 */
export async function warmUpNode(
  program: Program,
  facts: readonly Fact[],
  options: WarmUpOptions,
  log: Log,
): Promise<void> {
  const native = loadNative();
  const endpoints = options.hasPlugins ? undefined : endpointsOf(program, facts, options);
  if ("missing" in native || endpoints === undefined) return;
  if (!hasProcessor()) return log.debug("packets are not rehearsed: others want the processor");
  try {
    await warmUp(program, endpoints, native, newBudget(CPU_BUDGET_MS, WALL_BUDGET_MS));
  } catch (error) {
    // A mistake of ours, in a node that nobody asked for: the real one runs without it, and may never come to that place.
    log.warn(`packets could not be rehearsed: ${String(error)}`);
  }
}

function hasProcessor(): boolean {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 >= MIN_CPU_SHARE * process.uptime();
}

/** Says when so much of the thread's time, or of everybody's, is over. */
function newBudget(threadMs: number, wallMs: number): () => boolean {
  const begin = process.threadCpuUsage();
  const end = performance.now() + wallMs;
  return () => {
    const { user, system } = process.threadCpuUsage(begin);
    return user + system >= threadMs * 1e3 || performance.now() >= end;
  };
}

/** This node, and the first peer that could be sent a packet. */
function endpointsOf(
  { plan }: Program,
  facts: readonly Fact[],
  { listen, address, tun, peers }: WarmUpOptions,
): readonly [Endpoint, Endpoint] | undefined {
  const device = tun === undefined ? undefined : parseCidr(tun.address);
  if (device?.ok !== true || facts.length + plan.facts.length > MAX_FACTS) return undefined;
  const { address: inner, bytes } = device.cidr;
  const peer = peers.find(({ virtual = "" }) => parseIp(virtual)?.length === bytes.length);
  const place = peer && reachableAddress(address ?? listen, peer.address);
  if (peer?.virtual === undefined || place === undefined) return undefined;
  const others = [{ address: place, virtual: inner }, ...peers.filter((one) => one !== peer)];
  const peerSide = peerFacts(plan, others);
  if (!peerSide.ok) return undefined;
  return [
    { address: place, virtual: inner, facts },
    { address: peer.address, virtual: peer.virtual, facts: peerSide.facts },
  ];
}

/** The place of a node as a peer could write it; undefined where one of the two is a name. */
function reachableAddress(own: string, peer: string): string | undefined {
  const [here, there] = [parseHostPort(own), parseHostPort(peer)];
  if (!here.ok || !there.ok || there.at.family === undefined || own === peer) return undefined;
  if (isUnspecified(own)) return formatHostPort(there.at.family === 4 ? "127.0.0.1" : "::1", here.at.port);
  return here.at.family === there.at.family ? own : undefined;
}
