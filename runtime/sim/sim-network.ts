import { streamOf } from "../world/random.ts";
import type { Datagram, DatagramCounters, Datagrams } from "../world/world.ts";
import { type LinkFaults, SimLink } from "./sim-link.ts";
import type { SimNat } from "./sim-nat.ts";
import type { TraceHash } from "./trace-hash.ts";
import type { Happening, VirtualTime } from "./virtual-time.ts";

export interface SimNetworkSettings {
  readonly seed: number;
  /** The faults of the link between two hosts; asked when it is first used, and when links are renewed. */
  readonly faults: (from: number, to: number) => LinkFaults;
  readonly maxPayload: number;
  /** Told of every datagram that is delivered. */
  readonly trace: TraceHash | undefined;
}

/** What became of the datagrams that left their sender. */
export interface SimNetworkCounters {
  delivered: number;
  deliveredBytes: number;
  lost: number;
  duplicated: number;
  heldBack: number;
  /** On a link whose queue was full. */
  queueFull: number;
  /** For a private address from outside, or for a NAT gateway that had nobody to pass it on to. */
  refused: number;
  /** On a link that was down when the datagram left or arrived. */
  cut: number;
  /** For a host that was down, or went down while the datagram was under way. */
  hostDown: number;
}

/** A network of hosts, every one of which reaches every other over a link of its own in each direction. */
export class SimNetwork {
  readonly counters: SimNetworkCounters = {
    delivered: 0,
    deliveredBytes: 0,
    lost: 0,
    duplicated: 0,
    heldBack: 0,
    queueFull: 0,
    refused: 0,
    cut: 0,
    hostDown: 0,
  };
  readonly #time: VirtualTime;
  readonly #settings: SimNetworkSettings;
  readonly #hosts = new Map<string, number>();
  /** The gateways that hosts are behind, by host. */
  readonly #gateways: (SimNat | undefined)[] = [];
  readonly #gatewayOf = new Map<string, SimNat>();
  readonly #open: (SimDatagrams | undefined)[] = [];
  /** Links by sender, then by receiver, made when they are first used. */
  readonly #links: (SimLink | undefined)[][] = [];

  constructor(time: VirtualTime, settings: SimNetworkSettings) {
    this.#time = time;
    this.#settings = settings;
  }

  /** Adds a host that is down, behind a gateway if one is given; returns its number. No other host has this address. */
  addHost(address: string, gateway: SimNat | undefined): number {
    const host = this.#links.length;
    this.#attach(host, address, gateway);
    this.#links.push([]);
    this.#open.push(undefined);
    return host;
  }

  /** The host has another address from now on, and reaches the others from behind another gateway or none. */
  move(host: number, from: string, to: string, gateway: SimNat | undefined): void {
    this.#hosts.delete(from);
    this.#attach(host, to, gateway);
    const open = this.#open[host];
    if (open !== undefined) open.address = to;
  }

  #attach(host: number, address: string, gateway: SimNat | undefined): void {
    this.#hosts.set(address, host);
    this.#gateways[host] = gateway;
    if (gateway !== undefined) this.#gatewayOf.set(gateway.address, gateway);
  }

  /** The one socket of a host that comes up. The host is down, and `address` is what it was added with. */
  open(host: number, address: string): SimDatagrams {
    const datagrams = new SimDatagrams(this, host, address, this.#settings.maxPayload);
    this.#open[host] = datagrams;
    return datagrams;
  }

  /** The host with this name in front of its port. */
  hostNamed(name: string): number | undefined {
    for (const [address, host] of this.#hosts) if (address.startsWith(`${name}:`)) return host;
    return undefined;
  }

  /** Whether a connection can be made: not to a host behind a gateway that the other is not behind. */
  isReachable(from: number, to: number): boolean {
    const gateway = this.#gateways[to];
    return gateway === undefined || gateway === this.#gateways[from];
  }

  link(from: number, to: number): SimLink {
    const row = this.#links[from] as (SimLink | undefined)[];
    const known = row[to];
    if (known !== undefined) return known;
    const { seed, faults } = this.#settings;
    const link = new SimLink(from, to, from === to ? {} : faults(from, to), streamOf(seed, `link ${from} ${to}`));
    row[to] = link;
    return link;
  }

  /** The links whose queues have been full. */
  fullLinks(): readonly SimLink[] {
    return this.#links.flatMap((row) =>
      row.flatMap((link) => (link === undefined || link.dropped === 0 ? [] : [link])),
    );
  }

  /** Asks again for the faults of all links; what is under way is not touched. */
  renewFaults(): void {
    for (const row of this.#links) {
      for (const link of row) link?.change(link.from === link.to ? {} : this.#settings.faults(link.from, link.to));
    }
  }

  /** Lets a datagram go its way. False when nobody has the address. */
  send(sender: SimDatagrams, to: string, bytes: Uint8Array): boolean {
    const way = this.#route(sender, to);
    if (way === undefined) return false;
    const { host, source } = way;
    if (host === undefined) {
      this.counters.refused++;
      return true;
    }
    const link = this.link(sender.host, host);
    if (link.drawsLoss()) this.counters.lost++;
    else this.#transmit(source, link, bytes);
    return true;
  }

  /** Who gets a datagram, and from where it then seems to come; undefined when nobody has the address. */
  #route(sender: SimDatagrams, to: string): Way | undefined {
    const now = this.#time.now;
    const own = this.#gateways[sender.host];
    const direct = this.#hosts.get(to);
    const far = direct === undefined ? this.#gatewayOf.get(to.slice(0, to.lastIndexOf(":"))) : this.#gateways[direct];
    if (direct !== undefined && far === own) return { host: direct, source: sender.address };
    if (direct === undefined && far === undefined) return undefined;
    if (direct !== undefined && far !== undefined) return { host: undefined, source: sender.address };
    const source = own === undefined ? sender.address : own.outgoing(sender.address, to, now);
    if (far === undefined) return { host: direct, source };
    const inner = far.incoming(to, source, now);
    return { host: inner === undefined ? undefined : this.#hosts.get(inner), source };
  }

  /** The end of a datagram's way. */
  arrive(delivery: Delivery): void {
    const { link, receiver, bytes } = delivery;
    if (!link.isUp) this.counters.cut++;
    else if (receiver === undefined || receiver.isClosed) this.counters.hostDown++;
    else {
      this.counters.delivered++;
      this.counters.deliveredBytes += bytes.length;
      this.#settings.trace?.add(this.#time.now, link.from, link.to, bytes);
      receiver.take(delivery);
    }
  }

  #transmit(source: string, link: SimLink, bytes: Uint8Array): void {
    if (!link.isUp) {
      this.counters.cut++;
      return;
    }
    this.#schedule(source, link, bytes);
    if (!link.drawsDuplicate()) return;
    this.counters.duplicated++;
    this.#schedule(source, link, bytes);
  }

  #schedule(source: string, link: SimLink, bytes: Uint8Array): void {
    const leaves = link.departure(this.#time.now, bytes.length);
    if (leaves === undefined) {
      this.counters.queueFull++;
      return;
    }
    const isHeldBack = link.drawsHoldBack();
    if (isHeldBack) this.counters.heldBack++;
    const delivery = new Delivery(this, link, this.#open[link.to], bytes, source);
    this.#time.add(link.arrival(leaves, isHeldBack), delivery);
  }
}

interface Way {
  /** Undefined when a gateway, or the lack of one, stops it. */
  readonly host: number | undefined;
  readonly source: string;
}

/** A datagram under way. It is meant for the run of the receiving host that was up when it left. */
class Delivery implements Datagram, Happening {
  readonly bytes: Uint8Array;
  readonly from: string;
  readonly link: SimLink;
  readonly receiver: SimDatagrams | undefined;
  readonly #network: SimNetwork;

  constructor(network: SimNetwork, link: SimLink, receiver: SimDatagrams | undefined, bytes: Uint8Array, from: string) {
    this.#network = network;
    this.link = link;
    this.receiver = receiver;
    this.bytes = bytes;
    this.from = from;
  }

  happen(): void {
    this.#network.arrive(this);
  }
}

/** The socket of one run of a simulated host. */
export class SimDatagrams implements Datagrams {
  readonly host: number;
  /** Another one after the host has moved. */
  address: string;
  readonly maxPayload: number;
  readonly counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  readonly #network: SimNetwork;
  #receive: ((datagram: Datagram) => void) | undefined;
  #isClosed = false;

  constructor(network: SimNetwork, host: number, address: string, maxPayload: number) {
    this.#network = network;
    this.host = host;
    this.address = address;
    this.maxPayload = maxPayload;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    this.#receive = receive;
  }

  send(to: string, bytes: Uint8Array): void {
    if (this.#isClosed) return this.#fail("closed");
    if (bytes.length > this.maxPayload) return this.#fail("too long");
    if (!this.#network.send(this, to, bytes)) return this.#fail("unknown destination");
    this.counters.sent++;
    this.counters.sentBytes += bytes.length;
  }

  take(datagram: Datagram): void {
    this.counters.received++;
    this.counters.receivedBytes += datagram.bytes.length;
    this.#receive?.(datagram);
  }

  /** The network's side of a host that goes down. */
  shut(): void {
    this.#isClosed = true;
  }

  async close(): Promise<void> {
    this.shut();
  }

  #fail(reason: string): void {
    this.counters.failed.set(reason, (this.counters.failed.get(reason) ?? 0) + 1);
  }
}
