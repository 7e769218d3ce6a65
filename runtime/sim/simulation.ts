import { streamOf } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { EchoHost } from "./echo-host.ts";
import { SimClock } from "./sim-clock.ts";
import type { LinkFaults } from "./sim-link.ts";
import type { SimNat } from "./sim-nat.ts";
import { SimStreamNetwork, type SimStreams } from "./sim-streams.ts";
import { type SimDatagrams, SimNetwork, type SimNetworkCounters } from "./sim-network.ts";
import { TraceHash } from "./trace-hash.ts";
import { type TimeOutcome, VirtualTime } from "./virtual-time.ts";

export interface SimulationSettings {
  readonly seed: number;
  /** The faults of the link between two hosts, by their numbers; none when left out. */
  readonly faults?: (from: number, to: number) => LinkFaults;
  /** The largest datagram; that of an Ethernet frame over IPv6 when left out. */
  readonly maxPayload?: number;
}

/** Starts what runs on a host: called with a new world each time the host comes up. */
export type Boot = (world: World) => void;

export interface SimHostSettings {
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  readonly boot: Boot;
  /** The gateway it is behind. */
  readonly gateway?: SimNat | undefined;
  /** The host has a TUN device with this IPv4 address. */
  readonly tun?: { readonly address: string; readonly mtu: number };
}

const MAX_PAYLOAD = 1452;

/**
 * Hosts and a network in virtual time. Everything that happens follows from the settings, the seed and what is asked
 * for at which time; the trace hash tells two runs apart.
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

  get happened(): number {
    return this.#time.happened;
  }

  get network(): SimNetworkCounters {
    return this.#network.counters;
  }

  /** A host that is down until it is started. Its name and its address are its own. Hosts are numbered from 0. */
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

  /** Starts all hosts at once: what the first of them sends finds the others listening. */
  startAll(): void {
    for (const boot of this.openAll()) boot();
  }

  /** All hosts are up from now on; what runs on them starts when the results are called, before any time passes. */
  openAll(): readonly (() => void)[] {
    return [...this.#hosts.values()].filter((host) => !host.isUp).map((host) => host.open());
  }

  /** No datagram goes from one to the other, and neither end notices. */
  cut(from: string, to: string): void {
    this.#network.link(this.host(from).number, this.host(to).number).isUp = false;
  }

  heal(from: string, to: string): void {
    this.#network.link(this.host(from).number, this.host(to).number).isUp = true;
  }

  changeLink(from: string, to: string, faults: LinkFaults): void {
    this.#network.link(this.host(from).number, this.host(to).number).change(faults);
  }

  /** Asks again for the faults of all links. */
  renewFaults(): void {
    this.#network.renewFaults();
  }

  /** What links dropped because their queues were full, by the numbers of the hosts. */
  fullLinks(): readonly { readonly from: number; readonly to: number; readonly dropped: number }[] {
    return this.#network.fullLinks();
  }

  at(time: number, act: () => void): void {
    this.#clock.at(time, act);
  }

  /** Lets everything happen up to `time`, or until a pause is wanted. */
  runUntil(time: number, wantsPause?: () => boolean): TimeOutcome {
    return this.#time.runUntil(time, wantsPause);
  }

  /** The hash over every datagram, and piece of a stream, delivered so far: time, sender, receiver, bytes. */
  traceHash(): string {
    return this.#trace.digest();
  }
}

/** A simulated host, which goes up and down. Nothing of one run is left in the next but the kernel behind its TUN device. */
export class SimHost {
  readonly name: string;
  readonly number: number;
  readonly kernel: EchoHost | undefined;
  readonly #settings: SimHostSettings;
  readonly #seed: number;
  readonly #time: VirtualTime;
  readonly #network: SimNetwork;
  readonly #streams: SimStreamNetwork;
  #run: { readonly clock: SimClock; readonly datagrams: SimDatagrams; readonly streams: SimStreams } | undefined;
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
    this.number = network.addHost(settings.address, settings.gateway);
    this.#address = settings.address;
    this.kernel = settings.tun && new EchoHost(settings.tun.address, clock);
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

  /** The host is up from now on; what runs on it starts when the result is called. The host is down. */
  open(): () => void {
    const { name, boot, tun } = this.#settings;
    const clock = new SimClock(this.#time);
    const datagrams = this.#network.open(this.number, this.#address);
    const streams = this.#streams.open(this.number, () => this.#address);
    this.#run = { clock, datagrams, streams };
    const seed = streamOf(this.#seed, `host ${name} ${this.#starts++}`).integer(2 ** 32);
    return () => boot({ clock, seed, datagrams, streams, tun: tun && this.kernel?.openTun(tun.mtu, clock) });
  }

  /** The host has another address from now on, behind another gateway or none; what runs on it is not told. */
  move(address: string, gateway: SimNat | undefined): void {
    this.#network.move(this.number, this.#address, address, gateway);
    this.#address = address;
  }

  /**
   * The host stops in the middle of whatever it does; datagrams under way to it are lost, and its connections are reset, as
   * when a process dies.
   */
  crash(): void {
    this.#run?.clock.stop();
    this.#run?.datagrams.shut();
    this.#run?.streams.crash();
    this.kernel?.closeTun();
    this.#run = undefined;
  }

  restart(): void {
    this.crash();
    this.start();
  }
}
