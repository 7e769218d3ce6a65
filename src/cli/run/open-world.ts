import type { Dscp } from "../../../runtime/device/dscp.ts";
import { EventLoopDelay } from "../../../runtime/device/event-loop-delay.ts";
import { IoBatch } from "../../../runtime/device/io-batch.ts";
import { LinuxClock } from "../../../runtime/device/linux-clock.ts";
import { LinuxFlowCache } from "../../../runtime/device/linux-flow-cache.ts";
import { LocalHosts } from "../../../runtime/device/local-hosts.ts";
import { NetStreams } from "../../../runtime/device/net-streams.ts";
import { pathPayload } from "../../../runtime/device/path-mtu.ts";
import { openUdp } from "../../../runtime/device/udp.ts";
import { WallClock } from "../../../runtime/device/wall-clock.ts";
import type { Peer } from "../../../runtime/node/peer-facts.ts";
import { Capture, captured } from "../../../runtime/observe/capture.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { innerMtu } from "../../../runtime/wire/inner-mtu.ts";
import type { Datagrams, World } from "../../../runtime/world/world.ts";
import { CaptureFile } from "../files/capture-file.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Log } from "../terminal/log.ts";
import { endpointNames } from "./endpoint-names.ts";
import { type DevicesShare, openDevice, type TunRequest } from "./open-device.ts";

/** Options of the world of a node: its socket, device and capture. */
export interface WorldOptions {
  readonly listen: string;
  /** Address that others see, if it differs from the bound address. */
  readonly address: string | undefined;
  readonly tun: TunRequest | undefined;
  readonly peers: readonly Peer[];
  /** Whether the kernel may segment (GSO) and join (GRO) trains of datagrams. */
  readonly gso: boolean;
  readonly gro: boolean;
  /** DSCP of datagrams. */
  readonly dscp: Dscp;
  /** Whether the addon may forward packets of known flows without running the rules. */
  readonly flowCache: boolean;
  /** A file, or `-` for stdout. */
  readonly pcap: string | undefined;
}

/** Called, with an error code, when the device has disappeared. */
export type OnDeviceLost = (code: string) => void;

/** Opens the world of a node on Linux. `resources` closes all that is opened. */
export async function openWorld(
  options: WorldOptions,
  plan: Plan,
  onDeviceLost: OnDeviceLost,
  log: Log,
  resources: AsyncDisposableStack,
): Promise<World> {
  const maxPayload = pathPayload(options.peers.map((peer) => peer.address));
  const flowCache = options.flowCache && options.pcap === undefined ? new LinuxFlowCache() : undefined;
  const shared = { ioBatch: new IoBatch(), flowCache };
  const datagrams = await bind(options, maxPayload, shared, log);
  resources.defer(() => datagrams.close());
  const tun =
    options.tun === undefined
      ? undefined
      : openDevice(options.tun, innerMtu(plan, maxPayload), shared, onDeviceLost, log);
  resources.defer(() => tun?.close());
  const eventLoop = new EventLoopDelay();
  resources.defer(() => eventLoop.stop());
  const streams = new NetStreams();
  resources.defer(() => streams.close());
  const localHosts = new LocalHosts();
  const ends = {
    datagrams,
    tun,
    streams,
    isLocalHost: (host: string) => localHosts.has(host),
    ...(flowCache !== undefined && { flowCache }),
  };
  const world = { clock: new LinuxClock(), seed: randomSeed(), secret, ...ends, eventLoop };
  return options.pcap === undefined ? world : capturedWorld(world, options, options.pcap, log, resources);
}

function capturedWorld(
  world: World,
  { listen, address }: WorldOptions,
  path: string,
  log: Log,
  resources: AsyncDisposableStack,
): World {
  const file = new CaptureFile(path, log);
  const [name = ""] = endpointNames(listen, address, world.datagrams.address);
  const capture = new Capture(file, new WallClock().now, name, world.tun?.name ?? "");
  // Packets that wait when the file is closed may still be lost, so they are counted afterwards.
  resources.defer(async () => {
    await file.close();
    const { dropped } = capture;
    if (dropped === 0) return;
    const missing = dropped === 1 ? "1 packet is missing" : `${dropped} packets are missing`;
    log.warn(`--pcap: ${missing}: ${file.failure ?? "the file was too slow"}`, { count: dropped });
  });
  return captured(world, capture);
}

async function bind(
  { listen, gso, gro, dscp }: WorldOptions,
  maxPayload: number,
  shared: DevicesShare,
  log: Log,
): Promise<Datagrams> {
  const adapted = (message: string): void => log.info(message);
  const opened = await openUdp(listen, { maxPayload, trains: true, gso, gro, dscp, onAdapted: adapted, ...shared });
  if (!opened.ok) throw runFailed(`--listen ${listen}: ${opened.message}`);
  return opened.datagrams;
}

/** Returns 48 bits of cryptographic randomness as a number from 0 to 1. */
function secret(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high * 2 ** 16 + (low >>> 16)) / 2 ** 48;
}

function randomSeed(): number {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return seed;
}
