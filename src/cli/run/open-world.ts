import type { Dscp } from "../../../runtime/device/dscp.ts";
import { EventLoopDelay } from "../../../runtime/device/event-loop-delay.ts";
import { IoBatch } from "../../../runtime/device/io-batch.ts";
import { LinuxClock } from "../../../runtime/device/linux-clock.ts";
import { LinuxHost } from "../../../runtime/device/linux-host.ts";
import { LinuxFlowCache } from "../../../runtime/device/linux-flow-cache.ts";
import { LinuxUdpSockets } from "../../../runtime/device/linux-udp-sockets.ts";
import { LocalHosts } from "../../../runtime/device/local-hosts.ts";
import type { NativeLinks } from "../../../runtime/device/native-links.ts";
import { nativeCiphers } from "../../../runtime/device/native-ciphers.ts";
import { NetStreams } from "../../../runtime/device/net-streams.ts";
import { pathPayload } from "../../../runtime/device/path-mtu.ts";
import { openUdp, type UdpResult } from "../../../runtime/device/udp.ts";
import { WallClock } from "../../../runtime/device/wall-clock.ts";
import { presentNames } from "../../../runtime/node/own-addresses.ts";
import { ipAddressesOf, type Peer } from "../../../runtime/node/peer-facts.ts";
import { Capture, captured } from "../../../runtime/observe/capture.ts";
import { parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { innerMtu } from "../../../runtime/wire/inner-mtu.ts";
import type { MoveResult, World } from "../../../runtime/world/world.ts";
import { CaptureFile } from "../files/capture-file.ts";
import type { DeviceRequest } from "../options/devices.ts";
import { insecurity, type LinkKeys } from "../options/links.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Log } from "../terminal/log.ts";
import { endpointNames } from "./endpoint-names.ts";
import type { NodeEndpoint } from "./hosted-node.ts";
import { type DevicesShare, openDevice } from "./open-device.ts";
import { openLinks, startLinkLayer } from "./open-links.ts";

/** Options of the world of a node: its socket, device and capture. */
export interface WorldOptions {
  /** Addresses to bind, one for each node of the process. */
  readonly listen: readonly string[];
  /** Addresses that the node answers to besides the bound one. It announces the first of them. */
  readonly addresses: readonly string[];
  /** Devices to open, in the order of the command line. */
  readonly devices: readonly DeviceRequest[];
  readonly peers: readonly Peer[];
  readonly links: LinkKeys;
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

/** Called with the name of a device that has disappeared, and an error code. */
export type OnDeviceLost = (device: string, code: string) => void;

/** Parts of the world that the nodes of a process share. */
interface ProcessWorld {
  /** Longest payload that the paths to the peers carry unfragmented, in bytes. */
  readonly maxPayload: number;
  readonly eventLoop: EventLoopDelay;
  readonly localHosts: LocalHosts;
  readonly host: LinuxHost;
  /** Names of the devices of the process. */
  readonly deviceNames: Set<string>;
}

/** Opens the worlds of all nodes of the process on Linux, in the order of `listen`. `resources` closes everything that is opened. */
export async function openWorlds(
  options: WorldOptions,
  plan: Plan,
  onDeviceLost: OnDeviceLost,
  log: Log,
  resources: AsyncDisposableStack,
): Promise<readonly NodeEndpoint[]> {
  const eventLoop = new EventLoopDelay();
  resources.defer(() => eventLoop.stop());
  const peers = options.peers.flatMap(({ address }) => ipAddressesOf(address));
  const deviceNames = new Set<string>();
  const host = new LinuxHost({ peers: numericHosts(peers), isOwnDevice: (name) => deviceNames.has(name) });
  resources.defer(() => host.close());
  const shared = { maxPayload: pathPayload(peers), eventLoop, localHosts: new LocalHosts(), host, deviceNames };
  const endpoints: NodeEndpoint[] = [];
  for (const listen of options.listen) {
    const world = await openWorld(listen, options, plan, shared, onDeviceLost, log, resources);
    const names = endpointNames(listen, options.addresses, world.datagrams.address);
    endpoints.push({ world, names, announced: options.addresses });
  }
  return options.pcap === undefined ? endpoints : capturedWorlds(endpoints, options.pcap, log, resources);
}

async function openWorld(
  listen: string,
  options: WorldOptions,
  plan: Plan,
  { maxPayload, eventLoop, localHosts, host, deviceNames }: ProcessWorld,
  onDeviceLost: OnDeviceLost,
  log: Log,
  resources: AsyncDisposableStack,
): Promise<World> {
  const flowCache = options.flowCache && options.pcap === undefined ? new LinuxFlowCache() : undefined;
  const shared = { ioBatch: new IoBatch(), flowCache };
  const links = openLinks(options.links);
  const { datagrams, moveTo } = await bind(listen, options, maxPayload, { ...shared, links }, log);
  resources.defer(() => datagrams.close());
  const clock = new LinuxClock();
  const nodeKeys = options.links.kind === "sealed" ? options.links.nodes[options.listen.indexOf(listen)] : undefined;
  const linkLayer = links && nodeKeys && startLinkLayer(nodeKeys, links, datagrams, clock);
  if (linkLayer !== undefined) {
    resources.defer(() => linkLayer.close());
    host.onChange(() => linkLayer.moved());
  }
  const defaultMtu = innerMtu(plan, datagrams.maxPayload);
  const firstTun = options.devices.find(({ kind }) => kind === "tun");
  const devices = options.devices.map((request) => {
    if (request.name !== undefined && deviceNames.has(request.name))
      throw runFailed(`--${request.kind}: the device before has the name ${request.name}: give each device a name`);
    // The flow cache lies between the socket and one TUN device.
    const share = request === firstTun ? shared : { ...shared, flowCache: undefined };
    const device = openDevice(request, defaultMtu, share, onDeviceLost, log);
    resources.defer(() => device.close());
    deviceNames.add(device.name);
    return device;
  });
  const streams = new NetStreams();
  resources.defer(() => streams.close());
  const udp = new LinuxUdpSockets({ gso: options.gso, gro: options.gro, ioBatch: shared.ioBatch });
  const ends = {
    datagrams,
    moveTo: moveTo && guardedMove(moveTo, options.links),
    devices,
    streams,
    udp,
    isLocalHost: (ip: string) => localHosts.has(ip),
    host,
    linkFigures: linkLayer && (() => linkLayer.figures),
    ...(flowCache !== undefined && { flowCache }),
  };
  return { clock, seed: randomSeed(), secret, ciphers: nativeCiphers(), ...ends, eventLoop };
}

/** Lets a node without keys stay at addresses that only this machine reaches, unless the user allows others. */
function guardedMove(
  moveTo: (listen: string) => Promise<MoveResult>,
  links: LinkKeys,
): (listen: string) => Promise<MoveResult> {
  return async (listen) => {
    const message = links.kind === "open" ? insecurity(listen, links.isInsecure) : undefined;
    return message === undefined ? moveTo(listen) : { ok: false, message };
  };
}

/** Returns the hosts of the endpoints that need no lookup. */
function numericHosts(endpoints: readonly string[]): readonly string[] {
  return endpoints.flatMap((endpoint) => {
    const parsed = parseHostPort(endpoint);
    return parsed.ok && parsed.at.family !== undefined ? [parsed.at.host] : [];
  });
}

/** Lets all nodes of the process write their packets to one file. */
function capturedWorlds(
  endpoints: readonly NodeEndpoint[],
  path: string,
  log: Log,
  resources: AsyncDisposableStack,
): readonly NodeEndpoint[] {
  const file = new CaptureFile(path, log);
  const { now } = new WallClock();
  const captures = endpoints.map((endpoint, at) => {
    const { world } = endpoint;
    const [name = ""] = presentNames(endpoint, world.host);
    return new Capture(file, now, name, at > 0 ? null : world.devices);
  });
  // Packets that still wait may be lost while the file is closed, so lost packets are counted after that.
  resources.defer(async () => {
    await file.close();
    const dropped = captures.reduce((sum, capture) => sum + capture.dropped, 0);
    if (dropped === 0) return;
    const missing = dropped === 1 ? "1 packet is missing" : `${dropped} packets are missing`;
    log.warn(`--pcap: ${missing}: ${file.failure ?? "the file was too slow"}`, { count: dropped });
  });
  return endpoints.map((endpoint, at) => ({
    ...endpoint,
    world: captured(endpoint.world, captures[at] as Capture),
  }));
}

async function bind(
  listen: string,
  { gso, gro, dscp }: WorldOptions,
  maxPayload: number,
  shared: DevicesShare & { readonly links: NativeLinks | undefined },
  log: Log,
): Promise<UdpResult & { readonly ok: true }> {
  const adapted = (message: string): void => log.info(message);
  const opened = await openUdp(listen, { maxPayload, trains: true, gso, gro, dscp, onAdapted: adapted, ...shared });
  if (!opened.ok) throw runFailed(`--listen ${listen}: ${opened.message}`);
  return opened;
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
