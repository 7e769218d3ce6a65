/**
 * The simulator as tests and labs use it: add hosts, start them, run to a time, read counters and trace hash. Each host runs a node
 * on simulated implementations of the interfaces in runtime/world.
 */
import { streamOf } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { SimHostAddresses } from "./sim-host-addresses.ts";
import type { SimDeviceSettings } from "./sim-device.ts";
import { SimKernel } from "./sim-kernel.ts";
import { SimClock } from "./sim-clock.ts";
import type { LinkFaults } from "./sim-link.ts";
import type { SimInterface, SimRouter } from "./sim-router.ts";
import { SimStreamNetwork, type SimStreams } from "./sim-streams.ts";
import { SimUdpSockets } from "./sim-udp-sockets.ts";
import type { SimDatagrams } from "./sim-datagrams.ts";
import { SimNetwork, type SimNetworkCounters } from "./sim-network.ts";
import { TraceHash } from "./trace-hash.ts";
import { type TimeOutcome, VirtualTime } from "./virtual-time.ts";

export interface SimulationSettings {
  readonly seed: number;
  /** Returns the faults of the link between two hosts, by their numbers. Default: no faults. */
  readonly faults?: (from: number, to: number) => LinkFaults;
  /** Greatest length of a datagram in bytes. Default: `MAX_PAYLOAD`. */
  readonly maxPayload?: number;
}

/** Starts the node of a host. Called with a new world each time the host comes up. */
export type Boot = (world: World) => void;

export interface SimHostSettings {
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  readonly boot: Boot;
  /** Gateway of the host's network, and the name of the network. */
  readonly realm?: SimInterface["realm"];
  readonly network?: string | undefined;
  /** Further interfaces. All have the port of `address`. */
  readonly others?: readonly SimInterface[];
  /** Networks that the host forwards for. It has an interface in each. */
  readonly routers?: readonly SimRouter[];
  /** By default the host has none. */
  readonly devices?: readonly SimDeviceSettings[];
}

/** Greatest length of a datagram in bytes, unless the settings give another: the payload of an Ethernet frame over IPv6. */
export const MAX_PAYLOAD = 1452;

/**
 * A simulation: hosts and a network in virtual time. A run is deterministic: it depends only on the settings, the seed, and the calls of
 * this class with their times. Equal trace hashes mean equal runs.
 */
export class Simulation {
  readonly #time = new VirtualTime();
  readonly #trace = new TraceHash();
  readonly #clock = new SimClock(this.#time);
  readonly #network: SimNetwork;
  readonly #streams: SimStreamNetwork;
  readonly #hosts = new Map<string, SimHost>();
  readonly #seed: number;

  constructor({ seed, faults = () => ({}), maxPayload = MAX_PAYLOAD }: SimulationSettings) {
    this.#seed = seed;
    this.#network = new SimNetwork(this.#time, { seed, faults, maxPayload, trace: this.#trace });
    this.#streams = new SimStreamNetwork(this.#time, this.#network, this.#trace);
  }

  get now(): number {
    return this.#time.now;
  }

  get eventCount(): number {
    return this.#time.eventCount;
  }

  get network(): SimNetworkCounters {
    return this.#network.counters;
  }

  /** The datagrams under way, in the order of their arrival. */
  get inFlight(): SimNetwork["inFlight"] {
    return this.#network.inFlight;
  }

  /** Adds a host, which is down until it is started. Name and address must be unique. Hosts are numbered from 0. */
  addHost(settings: SimHostSettings): SimHost {
    if (this.#hosts.has(settings.name)) throw new Error(`host ${settings.name} is there already`);
    const host = new SimHost(settings, this.#seed, this.#time, this.#network, this.#streams, this.#clock);
    this.#hosts.set(settings.name, host);
    return host;
  }

  host(name: string): SimHost {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }

  /** Starts all hosts at once, so that all of them listen before the first one sends. */
  startAll(): void {
    for (const boot of this.openAll()) boot();
  }

  /** Brings all hosts up. Returns functions that start their nodes. The caller must call them before time passes. */
  openAll(): readonly (() => void)[] {
    return [...this.#hosts.values()].filter((host) => !host.isUp).map((host) => host.open());
  }

  /** Cuts one direction of a link. Neither host notices. */
  cut(from: string, to: string): void {
    this.#network.link(this.host(from).number, this.host(to).number).isUp = false;
  }

  /** Whether the direction of a link is cut. */
  isCut(from: string, to: string): boolean {
    return !this.#network.link(this.host(from).number, this.host(to).number).isUp;
  }

  heal(from: string, to: string): void {
    this.#network.link(this.host(from).number, this.host(to).number).isUp = true;
  }

  changeLink(from: string, to: string, faults: LinkFaults): void {
    this.#network.link(this.host(from).number, this.host(to).number).change(faults);
  }

  /** Reads the faults of all links again. */
  renewFaults(): void {
    this.#network.renewFaults();
  }

  /** Returns links that dropped datagrams because their queues were full, with host numbers. */
  fullLinks(): readonly { readonly from: number; readonly to: number; readonly dropped: number }[] {
    return this.#network.fullLinks();
  }

  at(time: number, act: () => void): void {
    this.#clock.at(time, act);
  }

  /** Runs up to `time`, or until `wantsPause` returns true. */
  runUntil(time: number, wantsPause?: () => boolean): TimeOutcome {
    return this.#time.runUntil(time, wantsPause);
  }

  /** Returns the hash over all datagrams and stream bytes delivered so far, with time, sender and receiver. */
  traceHash(): string {
    return this.#trace.digest();
  }
}

/** The parts of a host's world that are created when the host comes up and end when it goes down. */
interface HostRun {
  readonly clock: SimClock;
  readonly datagrams: SimDatagrams;
  readonly streams: SimStreams;
  readonly udp: SimUdpSockets;
  readonly addresses: SimHostAddresses;
}

/** A simulated host, which goes up and down. Only the kernel model behind its devices outlives a run. */
export class SimHost {
  readonly name: string;
  readonly number: number;
  readonly kernel: SimKernel;
  readonly #settings: SimHostSettings;
  readonly #seed: number;
  readonly #time: VirtualTime;
  readonly #network: SimNetwork;
  readonly #streams: SimStreamNetwork;
  #run: HostRun | undefined;
  #address: string;
  #starts = 0;

  constructor(
    settings: SimHostSettings,
    seed: number,
    time: VirtualTime,
    network: SimNetwork,
    streams: SimStreamNetwork,
    clock: SimClock,
  ) {
    this.name = settings.name;
    const { address, realm, network: name, others = [], routers = [] } = settings;
    this.number = network.addHost([{ address, realm, network: name }, ...others], routers);
    this.#address = settings.address;
    this.kernel = new SimKernel(settings.devices ?? [], this.number, clock);
    this.#settings = settings;
    this.#seed = seed;
    this.#time = time;
    this.#network = network;
    this.#streams = streams;
  }

  get isUp(): boolean {
    return this.#run !== undefined;
  }

  start(): void {
    if (this.#run === undefined) this.open()();
  }

  /** Brings up a host that is down. Returns a function that starts its node. */
  open(): () => void {
    const { name, boot, others = [] } = this.#settings;
    const clock = new SimClock(this.#time);
    const datagrams = this.#network.open(this.number, this.#address);
    const streams = this.#streams.open(this.number, () => this.#address);
    const udp = new SimUdpSockets(this.#network, this.number, () => this.#address);
    const addresses = new SimHostAddresses(clock, () => [this.#address, ...others.map((one) => one.address)]);
    this.#run = { clock, datagrams, streams, udp, addresses };
    const seed = streamOf(this.#seed, `host ${name} ${this.#starts++}`).integer(2 ** 32);
    const ends = { datagrams, streams, udp, host: addresses };
    return () => boot({ clock, seed, ...ends, devices: this.kernel.openDevices(clock) });
  }

  /** Replaces the only interface of the host. Its node is notified at once. */
  move(address: string, realm: SimInterface["realm"], network?: string): void {
    this.#network.move(this.number, this.#address, { address, realm, network });
    this.#address = address;
    this.#run?.addresses.notify();
  }

  /**
   * Stops the host at once, as if its process was killed: datagrams in flight to it are lost, and its connections are reset.
   */
  crash(): void {
    this.#run?.clock.stop();
    this.#run?.datagrams.stop();
    this.#run?.streams.crash();
    this.#run?.udp.crash();
    this.kernel.closeDevices();
    this.#run = undefined;
  }

  restart(): void {
    this.crash();
    this.start();
  }
}
