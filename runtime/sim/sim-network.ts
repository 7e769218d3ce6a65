/**
 * The datagram network of the simulator. A node sends through SimDatagrams -> SimNetwork.send: #route applies gateways and picks
 * the receiving socket -> SimLink decides on loss, duplication and delay -> a Delivery waits in VirtualTime -> arrive() hands it to
 * the SimDatagrams of the receiver, if link and host are still up.
 */
import { streamOf } from "../world/random.ts";
import type { Datagram, DatagramCounters, Datagrams } from "../world/world.ts";
import { type LinkFaults, SimLink } from "./sim-link.ts";
import type { SimNat } from "./sim-nat.ts";
import type { TraceHash } from "./trace-hash.ts";
import type { SimEvent, VirtualTime } from "./virtual-time.ts";

export interface SimNetworkSettings {
  readonly seed: number;
  /** Returns the faults of the link between two hosts. Called at its first use, and by `renewFaults`. */
  readonly faults: (from: number, to: number) => LinkFaults;
  readonly maxPayload: number;
  /** Records every delivered datagram. */
  readonly trace: TraceHash | undefined;
}

/** Counters of datagrams that left their sender, by outcome. */
export interface SimNetworkCounters {
  delivered: number;
  deliveredBytes: number;
  lost: number;
  duplicated: number;
  heldBack: number;
  /** Dropped by a link whose queue was full. */
  queueFull: number;
  /** Sent to a private address from outside, or to a gateway without a mapping for it. */
  refused: number;
  /** Lost on a link that was down when the datagram left or arrived. */
  cut: number;
  /** Sent to a host that was down, or went down while the datagram was in flight. */
  hostDown: number;
}

/** A full mesh of hosts, with a separate link for each direction of each pair. */
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
  /** The gateway in front of each host, by host number. */
  readonly #gateways: (SimNat | undefined)[] = [];
  readonly #gatewayOf = new Map<string, SimNat>();
  readonly #open: (SimDatagrams | undefined)[] = [];
  /** Sockets that rules opened beside the ones of their nodes, by address. */
  readonly #sockets = new Map<string, SimUdpSocket>();
  /** Links by sender, then by receiver, created at their first use. */
  readonly #links: (SimLink | undefined)[][] = [];

  constructor(time: VirtualTime, settings: SimNetworkSettings) {
    this.#time = time;
    this.#settings = settings;
  }

  /** Adds a host that is down, and returns its number. The address must be unique. */
  addHost(address: string, gateway: SimNat | undefined): number {
    const host = this.#links.length;
    this.#attach(host, address, gateway);
    this.#links.push([]);
    this.#open.push(undefined);
    return host;
  }

  /** Gives a host another address, behind another gateway or none. */
  move(host: number, from: string, to: string, gateway: SimNat | undefined): void {
    this.#hosts.delete(from);
    this.#attach(host, to, gateway);
    const open = this.#open[host];
    if (open !== undefined) open.address = to;
    for (const socket of [...this.#sockets.values()].filter((one) => one.host === host)) {
      this.#sockets.delete(socket.address);
      socket.address = `${hostPartOf(to)}:${portOf(socket.address)}`;
      this.#sockets.set(socket.address, socket);
    }
  }

  #attach(host: number, address: string, gateway: SimNat | undefined): void {
    this.#hosts.set(address, host);
    this.#gateways[host] = gateway;
    if (gateway !== undefined) this.#gatewayOf.set(gateway.address, gateway);
  }

  /** Opens the socket of a host that comes up. The host must be down, and `address` must be its present address. */
  open(host: number, address: string): SimDatagrams {
    const datagrams = new SimDatagrams(this, host, address, this.#settings.maxPayload);
    this.#open[host] = datagrams;
    return datagrams;
  }

  /** Adds a socket to a host that is up. Returns false when its address is in use. */
  addSocket(socket: SimUdpSocket): boolean {
    if (this.#hosts.has(socket.address) || this.#sockets.has(socket.address)) return false;
    this.#sockets.set(socket.address, socket);
    return true;
  }

  removeSocket(socket: SimUdpSocket): void {
    if (this.#sockets.get(socket.address) === socket) this.#sockets.delete(socket.address);
  }

  /** Returns the number of the host whose address, without the port, is `name`. */
  hostNamed(name: string): number | undefined {
    for (const [address, host] of this.#hosts) if (address.startsWith(`${name}:`)) return host;
    return undefined;
  }

  /** Whether a connection can be opened. A host behind a gateway accepts connections only from hosts behind the same gateway. */
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

  /** Returns the links whose queues have overflowed. */
  fullLinks(): readonly SimLink[] {
    return this.#links.flatMap((row) =>
      row.flatMap((link) => (link === undefined || link.dropped === 0 ? [] : [link])),
    );
  }

  /** Reads the faults of all links again. Datagrams in flight are not affected. */
  renewFaults(): void {
    for (const row of this.#links) {
      for (const link of row) link?.change(link.from === link.to ? {} : this.#settings.faults(link.from, link.to));
    }
  }

  /** Sends a datagram. Returns false when no host and no gateway has the address. */
  send(sender: SimDatagrams, to: string, bytes: Uint8Array): boolean {
    const route = this.#route(sender, to);
    if (route === undefined) return false;
    const { address, source } = route;
    const host = address === undefined ? undefined : this.#hostAt(address, sender.host);
    if (address === undefined || host === undefined) {
      this.counters.refused++;
      return true;
    }
    const link = this.link(sender.host, host);
    const receiver = this.#sockets.get(address) ?? this.#open[host];
    if (link.drawsLoss()) this.counters.lost++;
    else this.#transmit({ link, receiver, source, bytes });
    return true;
  }

  /** Sends a datagram of a socket to another socket of its host, by the loopback interface. Returns false when there is none. */
  sendLocally(sender: SimUdpSocket, port: string, bytes: Uint8Array): boolean {
    const address = `${hostPartOf(sender.address)}:${port}`;
    const host = this.#hostAt(address, sender.host);
    if (host !== sender.host) return false;
    const receiver = this.#sockets.get(address) ?? this.#open[host];
    this.#transmit({ link: this.link(host, host), receiver, source: `127.0.0.1:${portOf(sender.address)}`, bytes });
    return true;
  }

  /** Returns the host with this address, as `from` reaches it: a socket on the loopback interface is there for its own host only. */
  #hostAt(address: string, from: number): number | undefined {
    const socket = this.#sockets.get(address);
    if (socket === undefined) return this.#hosts.get(address);
    return socket.isLoopback && socket.host !== from ? undefined : socket.host;
  }

  /** Returns the receiver of a datagram, and its source as the receiver sees it; undefined when nobody has the address. */
  #route(sender: SimDatagrams, to: string): Route | undefined {
    const now = this.#time.now;
    const own = this.#gateways[sender.host];
    const direct = this.#hostAt(to, sender.host);
    const far = direct === undefined ? this.#gatewayOf.get(to.slice(0, to.lastIndexOf(":"))) : this.#gateways[direct];
    if (direct !== undefined && far === own) return { address: to, source: sender.address };
    if (direct === undefined && far === undefined) return undefined;
    if (direct !== undefined && far !== undefined) return { address: undefined, source: sender.address };
    const source = own === undefined ? sender.address : own.outgoing(sender.address, to, now);
    if (far === undefined) return { address: to, source };
    return { address: far.incoming(to, source, now), source };
  }

  /** Delivers a datagram whose time has come. */
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

  #transmit(flight: Flight): void {
    const { link } = flight;
    if (!link.isUp) {
      this.counters.cut++;
      return;
    }
    this.#schedule(flight);
    if (!link.drawsDuplicate()) return;
    this.counters.duplicated++;
    this.#schedule(flight);
  }

  #schedule({ link, receiver, source, bytes }: Flight): void {
    const leaves = link.departure(this.#time.now, bytes.length);
    if (leaves === undefined) {
      this.counters.queueFull++;
      return;
    }
    const isHeldBack = link.drawsHoldBack();
    if (isHeldBack) this.counters.heldBack++;
    const delivery = new Delivery(this, link, receiver, bytes, source);
    this.#time.add(link.arrival(leaves, isHeldBack), delivery);
  }
}

interface Route {
  /** Address of the receiver. Undefined when the datagram cannot pass a gateway, or its address is private. */
  readonly address: string | undefined;
  readonly source: string;
}

/** A datagram that leaves its host, with the socket that receives it if that is still open then. */
interface Flight {
  readonly link: SimLink;
  readonly receiver: SimDatagrams | undefined;
  readonly source: string;
  readonly bytes: Uint8Array;
}

/** A datagram in flight. Its receiver is the run of the receiving host that was up when the datagram left. */
class Delivery implements Datagram, SimEvent {
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

  fire(): void {
    this.#network.arrive(this);
  }
}

const UNKNOWN = "unknown destination";
/** Addresses come from rules, so the number that is kept is bounded. */
const UNKNOWN_MAX = 1024;

/** A socket that rules opened: at a port of its own, of its host alone if it is on the loopback interface. */
export interface SimUdpSocket extends SimDatagrams {
  readonly isLoopback: boolean;
}

/** The datagram socket of one run of a simulated host. */
export class SimDatagrams implements Datagrams {
  readonly host: number;
  /** Changes when the host moves. */
  address: string;
  readonly maxPayload: number;
  readonly counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  readonly #network: SimNetwork;
  /** Addresses that no host had at the last send. */
  readonly #unknown = new Set<string>();
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
    if (!this.transmit(to, bytes)) {
      if (this.#unknown.size < UNKNOWN_MAX) this.#unknown.add(to);
      return this.#fail(UNKNOWN);
    }
    this.#unknown.delete(to);
    this.counters.sent++;
    this.counters.sentBytes += bytes.length;
  }

  /** Sends a datagram. Returns false when nobody has the address. */
  transmit(to: string, bytes: Uint8Array): boolean {
    return this.#network.send(this, to, bytes);
  }

  refusal(to: string): string | undefined {
    return this.#unknown.has(to) ? UNKNOWN : undefined;
  }

  take(datagram: Datagram): void {
    this.counters.received++;
    this.counters.receivedBytes += datagram.bytes.length;
    this.#receive?.(datagram);
  }

  /** Closes the socket at once, when the host goes down. */
  stop(): void {
    this.#isClosed = true;
  }

  async close(): Promise<void> {
    this.stop();
  }

  #fail(reason: string): void {
    this.counters.failed.set(reason, (this.counters.failed.get(reason) ?? 0) + 1);
  }
}

/** Returns the host of `host:port`. */
function hostPartOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}
