import { loadNative } from "../../../native/index.ts";
import { formatHostPort, parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import { parseIp } from "../../../runtime/plan/values/ip-address.ts";
import { type Fact, type Peer, peerFacts } from "../../../runtime/node/peer-facts.ts";
import type { Program } from "../../../runtime/node/program.ts";
import { type Endpoint, warmUp } from "../../../runtime/warm-up/warm-up.ts";
import { isUnspecified } from "../options/address-scope.ts";
import type { DeviceRequest } from "../options/devices.ts";
import type { Log } from "../terminal/log.ts";

/** Options of the node that is about to run. */
export interface WarmUpOptions {
  readonly listen: readonly string[];
  readonly addresses: readonly string[];
  readonly devices: readonly DeviceRequest[];
  readonly peers: readonly Peer[];
  /** Whether plugins are loaded. Then there is no warm-up, because functions of plugins may have side effects. */
  readonly hasPlugins: boolean;
}

/** Environment variable that switches the warm-up off if it is `no`. The nodes of a lab inherit it. */
const WARM_UP_VARIABLE = "MOSAIC_WARM_UP";
/** Maximum CPU time that the warm-up takes on this thread. */
const CPU_BUDGET_MS = 250;
/**
 * Minimum share of a CPU that this process must have had since its start. A smaller share means that many other processes use the CPU,
 * such as twenty nodes that start at once. Then there is no warm-up, because the warm-ups would delay each other.
 */
const MIN_CPU_SHARE = 0.1;
/** Maximum wall-clock time of the warm-up. In this time, a process with the minimum share of a CPU gets the whole CPU time. */
const WALL_BUDGET_MS = CPU_BUDGET_MS / MIN_CPU_SHARE;
/** Maximum number of facts of the node, because the temporary nodes of the warm-up insert all facts again. */
const MAX_FACTS = 1_000;

/**
 * Runs the warm-up: temporary copies of this node and of a peer pass packets to each other in memory, so that V8 has compiled the packet
 * path before the first real packet. Returns at once if there is no device, if no peer has a virtual address, if other processes use the
 * CPU, or if the environment switches it off.
 */
export async function warmUpNode(
  program: Program,
  facts: readonly Fact[],
  options: WarmUpOptions,
  log: Log,
): Promise<void> {
  if (process.env[WARM_UP_VARIABLE] === "no") return log.debug(`no warm-up: ${WARM_UP_VARIABLE} is \`no\``);
  const native = loadNative();
  const endpoints = options.hasPlugins ? undefined : endpointsOf(program, facts, options);
  if ("missing" in native || endpoints === undefined) return;
  if (!hasProcessor()) return log.debug("no warm-up: other processes use the CPU");
  try {
    await warmUp(program, endpoints, native, newBudget(CPU_BUDGET_MS, WALL_BUDGET_MS));
  } catch (error) {
    // A defect of Mosaic stopped the temporary nodes. It may never affect the real node, so the real node starts.
    log.warn(`warm-up failed: ${String(error)}`);
  }
}

function hasProcessor(): boolean {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 >= MIN_CPU_SHARE * process.uptime();
}

/** Returns a function that tells whether the CPU time or the wall-clock time is used up. */
function newBudget(threadMs: number, wallMs: number): () => boolean {
  const begin = process.threadCpuUsage();
  const end = performance.now() + wallMs;
  return () => {
    const { user, system } = process.threadCpuUsage(begin);
    return user + system >= threadMs * 1e3 || performance.now() >= end;
  };
}

/** Returns this node and the first peer whose virtual address has the address family of the first TUN device. Undefined if none fits. */
function endpointsOf(
  { plan }: Program,
  facts: readonly Fact[],
  { listen: [listen = ""], addresses, devices, peers }: WarmUpOptions,
): readonly [Endpoint, Endpoint] | undefined {
  const device = devices.find(({ kind }) => kind === "tun")?.address;
  if (device === undefined || facts.length + plan.facts.length > MAX_FACTS) return undefined;
  const { address: inner, bytes } = device;
  const peer = peers.find(({ virtual = "" }) => parseIp(virtual)?.length === bytes.length);
  if (peer?.virtual === undefined || typeof peer.address !== "string") return undefined;
  const localAddress = reachableAddress(addresses[0] ?? listen, peer.address);
  if (localAddress === undefined) return undefined;
  const others = [{ address: localAddress, virtual: inner }, ...peers.filter((one) => one !== peer)];
  const peerSide = peerFacts(plan, others);
  if (!peerSide.ok) return undefined;
  return [
    { address: localAddress, virtual: inner, facts },
    { address: peer.address, virtual: peer.virtual, facts: peerSide.facts },
  ];
}

/** Returns the address at which the peer reaches this node. Undefined if both addresses are equal, differ in family, or are host names. */
function reachableAddress(local: string, peer: string): string | undefined {
  const [here, there] = [parseHostPort(local), parseHostPort(peer)];
  if (!here.ok || !there.ok || there.at.family === undefined || local === peer) return undefined;
  if (isUnspecified(local)) return formatHostPort(there.at.family === 4 ? "127.0.0.1" : "::1", here.at.port);
  return here.at.family === there.at.family ? local : undefined;
}
