/**
 * The datagram network of the simulator. A node sends through SimDatagrams -> SimNetwork.send: #route applies gateways and picks the
 * receiving socket -> SimLink decides on loss, duplication and delay -> a Delivery waits in VirtualTime -> arrive() hands it to the
 * SimDatagrams of the receiver, if link and host are still up. A datagram that passes a host that forwards, or is addressed to it, carries
 * a Passage: #enter delivers it at this host or sends it over the next link.
 */
import { streamOf } from "../world/random.ts";
import type { Datagram } from "../world/world.ts";
import { SimDatagrams, type SimUdpSocket } from "./sim-datagrams.ts";
import { type LinkFaults, SimLink } from "./sim-link.ts";
import { SimNat } from "./sim-nat.ts";
import { type Realm, type SimInterface, SimRouter } from "./sim-router.ts";
import type { TraceHash } from "./trace-hash.ts";
import type { SimEvent, VirtualTime } from "./virtual-time.ts";

export interface SimNetworkSettings {
  readonly seed: number;
  /** Returns the faults of the link between two hosts. Called at the first use of the link, and by `renewFaults`. */
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
  /**
   * Sent to a private address from outside, to a gateway that has no mapping for the datagram, or through a host that forwards to an
   * address that no host has.
   */
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
  /** Hosts by each of their addresses. */
  readonly #owners = new Map<string, Owner>();
  /** Interfaces of each host, by host number. */
  readonly #interfaces: (readonly SimInterface[])[] = [];
  readonly #gatewayOf = new Map<string, SimNat>();
  /** Host of each router, and the interfaces of these hosts by IP address. */
  readonly #routerHosts = new Map<SimRouter, number>();
  readonly #routerOwners = new Map<string, Owner>();
  readonly #open: (SimDatagrams | undefined)[] = [];
  /** Sockets that rules opened, by address. */
  readonly #sockets = new Map<string, SimUdpSocket>();
  /** Links by sender, then by receiver, created at their first use. */
  readonly #links: (SimLink | undefined)[][] = [];

  constructor(time: VirtualTime, settings: SimNetworkSettings) {
    this.#time = time;
    this.#settings = settings;
  }

  /** Adds a host that is down, and returns its number. Its addresses must be unique. It forwards for the networks of `routers`. */
  addHost(interfaces: readonly SimInterface[], routers: readonly SimRouter[]): number {
    const host = this.#links.length;
    for (const router of routers) this.#routerHosts.set(router, host);
    this.#attach(host, interfaces);
    if (routers.length > 0)
      for (const { address, ...one } of interfaces) this.#routerOwners.set(hostPartOf(address), { host, ...one });
    this.#links.push([]);
    this.#open.push(undefined);
    return host;
  }

  /** Replaces the only interface of a host. */
  move(host: number, from: string, to: SimInterface): void {
    this.#owners.delete(from);
    this.#attach(host, [to]);
    const open = this.#open[host];
    if (open !== undefined) open.address = to.address;
    for (const socket of [...this.#sockets.values()].filter((one) => one.host === host)) {
      this.#sockets.delete(socket.address);
      socket.address = `${hostPartOf(to.address)}:${portOf(socket.address)}`;
      this.#sockets.set(socket.address, socket);
    }
  }

  #attach(host: number, interfaces: readonly SimInterface[]): void {
    this.#interfaces[host] = interfaces;
    for (const { address, realm, network } of interfaces) {
      this.#owners.set(address, { host, realm, network });
      if (realm instanceof SimNat) this.#gatewayOf.set(realm.address, realm);
    }
  }

  /** Opens the socket of a host that comes up. The host must be down, and `address` must be its present address. */
  open(host: number, address: string): SimDatagrams {
    const datagrams = new SimDatagrams(this, host, address, this.#settings.maxPayload);
    this.#open[host] = datagrams;
    return datagrams;
  }

  /** Adds a socket to a host that is up. Returns false when its address is in use. */
  addSocket(socket: SimUdpSocket): boolean {
    const addresses = this.#addressesOf(socket);
    if (addresses.some((address) => this.#owners.has(address) || this.#sockets.has(address))) return false;
    for (const address of addresses) this.#sockets.set(address, socket);
    return true;
  }

  removeSocket(socket: SimUdpSocket): void {
    for (const address of this.#addressesOf(socket))
      if (this.#sockets.get(address) === socket) this.#sockets.delete(address);
  }

  #addressesOf(socket: SimUdpSocket): readonly string[] {
    if (!socket.isWildcard) return [socket.address];
    const port = portOf(socket.address);
    return (this.#interfaces[socket.host] ?? []).map(({ address }) => `${hostPartOf(address)}:${port}`);
  }

  /** Returns the IP addresses of a host. Its node announces the first one. */
  addressesOf(host: number): readonly string[] {
    return (this.#interfaces[host] ?? []).map(({ address }) => hostPartOf(address));
  }

  /** Returns the number of the host whose address, without the port, is `name`. */
  hostNamed(name: string): number | undefined {
    for (const [address, { host }] of this.#owners) if (address.startsWith(`${name}:`)) return host;
    return undefined;
  }

  /**
   * Returns the path of a connection to an IP address of the host `to`. Undefined if the connection cannot be opened: a host behind a
   * gateway accepts connections only from hosts behind the same gateway.
   */
  way(from: number, to: number, ip: string): Way | undefined {
    return this.#wayFrom(from, this.#interfaces[from] ?? [], to, ip);
  }

  #wayFrom(from: number, interfaces: readonly SimInterface[], to: number, ip: string): Way | undefined {
    const target = this.#interfaces[to]?.find(({ address }) => hostPartOf(address) === ip) ?? this.#interfaces[to]?.[0];
    const out = this.#interfaceTo(from, interfaces, target);
    if (out === undefined || target === undefined) return undefined;
    const source = hostPartOf(out.address);
    const { realm } = out;
    if (realm === target.realm) return { hosts: [to], source };
    const inward = this.#routerInwards(realm instanceof SimNat ? undefined : realm, target.realm);
    if (inward !== undefined) {
      const rest = this.#wayFrom(inward, this.#interfaces[inward] ?? [], to, ip);
      return rest && { hosts: [inward, ...rest.hosts], source };
    }
    if (!(realm instanceof SimRouter)) return target.realm === undefined ? { hosts: [to], source } : undefined;
    const router = this.#routerHosts.get(realm);
    if (router === undefined) return undefined;
    if (router === to) return { hosts: [to], source };
    const outside = (this.#interfaces[router] ?? []).filter((one) => one.realm !== realm);
    const rest = this.#wayFrom(router, outside, to, ip);
    return rest && { hosts: [router, ...rest.hosts], source: realm.translates ? rest.source : source };
  }

  /**
   * Returns the host that forwards datagrams from one network to another that lies behind it. Undefined if no such host is in the first
   * network, or if a gateway on the way translates addresses.
   */
  #routerInwards(from: Realm, inner: Realm): number | undefined {
    for (const router of this.#routersOutwards(inner)) {
      const host = this.#routerHosts.get(router) as number;
      const outside = (this.#interfaces[host] ?? []).filter(({ realm }) => realm !== router);
      if (outside.some(({ realm }) => realm === from)) return host;
    }
    return undefined;
  }

  /** Returns the routers that only route, from a network outwards. */
  #routersOutwards(inner: Realm): readonly SimRouter[] {
    const routers: SimRouter[] = [];
    for (let at = inner; at instanceof SimRouter && !at.translates && !routers.includes(at); ) {
      const host = this.#routerHosts.get(at);
      if (host === undefined) break;
      routers.push(at);
      at = this.#interfaces[host]?.find(({ realm }) => !this.#isRouterOf(host, realm))?.realm;
    }
    return routers;
  }

  /**
   * Returns the interface by which a host sends to an address. It is in the network of the owner of the address; otherwise it has the same
   * gateway as the owner; otherwise another host in its network forwards to the owner; otherwise it is the uplink of the host.
   */
  #interfaceTo(
    host: number,
    interfaces: readonly SimInterface[],
    owner: Pick<SimInterface, "realm" | "network"> | undefined,
  ): SimInterface | undefined {
    if (interfaces.length < 2) return interfaces[0];
    const near = owner?.network === undefined ? undefined : interfaces.find(({ network }) => network === owner.network);
    const alike = near ?? (owner && interfaces.find(({ realm }) => realm === owner.realm));
    const forwarded = alike ?? (owner && interfaces.find(({ realm }) => this.#leadsInwards(host, realm, owner.realm)));
    return forwarded ?? interfaces.find(({ realm }) => !this.#isRouterOf(host, realm)) ?? interfaces[0];
  }

  /** Whether a host other than `host` forwards datagrams from one network to another. */
  #leadsInwards(host: number, from: Realm, inner: Realm): boolean {
    const router = this.#routerInwards(from, inner);
    return router !== undefined && router !== host;
  }

  #isRouterOf(host: number, realm: Realm): boolean {
    return realm instanceof SimRouter && this.#routerHosts.get(realm) === host;
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
    return this.#pass(this.#origin(sender, to), to, bytes);
  }

  /** Returns the interface and the source address with which a socket sends. */
  #origin(sender: SimDatagrams, to: string): Origin {
    const { host, address } = sender;
    const interfaces = this.#interfaces[host] ?? [];
    if (interfaces.length < 2) return { host, source: address, realm: interfaces[0]?.realm };
    const usable = sender.isWildcard
      ? interfaces
      : interfaces.filter((one) => hostPartOf(one.address) === hostPartOf(address));
    const out = this.#interfaceTo(host, usable, this.#ownerOf(to, host));
    return { host, source: `${hostPartOf(out?.address ?? address)}:${portOf(address)}`, realm: out?.realm };
  }

  /** Sends a datagram from its present host over the next link. Returns false when no host and no gateway has the address. */
  #pass(origin: Origin, to: string, bytes: Uint8Array): boolean {
    const { host: from, realm } = origin;
    const far = this.#routerHosts.size === 0 ? undefined : this.#ownerOf(to, from);
    const router = far === undefined || far.realm === realm ? undefined : this.#routerInwards(realm, far.realm);
    if (router !== undefined) return this.#forward(origin, router, { to, from: undefined }, bytes);
    if (realm instanceof SimRouter && far?.realm !== realm) return this.#leave(origin, realm, to, bytes);
    const beyond = realm instanceof SimNat && far !== undefined ? this.#routerInwards(undefined, far.realm) : undefined;
    if (realm instanceof SimNat && beyond !== undefined) {
      const source = realm.outgoing(origin.source, to, this.#time.now);
      return this.#forward({ ...origin, source }, beyond, { to, from: undefined }, bytes);
    }
    const route = this.#route(origin, to);
    if (route === undefined) return false;
    const { address, source } = route;
    const owner = address === undefined ? undefined : this.#ownerOf(address, from);
    if (address === undefined || owner === undefined) {
      this.counters.refused++;
      return true;
    }
    const link = this.link(from, owner.host);
    const isRouter = this.#routerOwners.size > 0 && this.#routerOwners.has(hostPartOf(address));
    const receiver = isRouter ? undefined : (this.#sockets.get(address) ?? this.#open[owner.host]);
    const passage = isRouter ? { to: address, from: undefined } : undefined;
    if (link.drawsLoss()) this.counters.lost++;
    else this.#transmit({ link, receiver, source, bytes, passage });
    return true;
  }

  /** Sends a datagram that leaves the network behind a router: over the link to the router's host. */
  #leave(origin: Origin, router: SimRouter, to: string, bytes: Uint8Array): boolean {
    const next = this.#routerHosts.get(router);
    const isKnown = this.#ownerOf(to, origin.host) !== undefined || this.#gatewayOf.has(hostPartOf(to));
    if (next === undefined || !isKnown) return false;
    return this.#forward(origin, next, { to, from: router }, bytes);
  }

  /** Sends a datagram over the link to a host that forwards. Returns true. */
  #forward({ host, source }: Origin, next: number, passage: Passage, bytes: Uint8Array): true {
    const link = this.link(host, next);
    if (link.drawsLoss()) this.counters.lost++;
    else this.#transmit({ link, receiver: undefined, source, bytes, passage });
    return true;
  }

  /** Handles the arrival of a datagram at a host that forwards: delivers the datagram there, or sends it over the next link. */
  #enter(delivery: Delivery, passage: Passage): void {
    const { link, from: source, bytes } = delivery;
    const host = link.to;
    const { to } = passage;
    const next =
      passage.from === undefined ? this.#inward(host, source, to) : this.#outward(host, passage.from, source, to);
    if (next !== undefined) {
      if (!this.#pass(next.origin, next.to, bytes)) this.counters.refused++;
      return;
    }
    const owner = this.#ownerOf(to, link.from);
    const isOwn = owner?.host === host && (this.#owners.has(to) || this.#sockets.has(to));
    if (isOwn) this.#deliver(delivery, this.#sockets.get(to) ?? this.#open[host]);
    else this.counters.refused++;
  }

  /**
   * Passes a datagram from outside on, at the host of a router, to a host behind the router. A router that translates needs a mapping, or a
   * forwarded port. Undefined if no router of this host has the datagram's destination behind it.
   */
  #inward(host: number, source: string, to: string): Onward | undefined {
    const owner = this.#ownerOf(to, host);
    const routed = this.#routersOutwards(owner?.realm).find((router) => this.#routerHosts.get(router) === host);
    if (routed !== undefined && owner?.host !== host) return { origin: { host, source, realm: routed }, to };
    const outer = hostPartOf(to);
    const entered = this.#interfaces[host]?.find(({ address }) => hostPartOf(address) === outer);
    for (const [realm, at] of this.#routerHosts) {
      if (at !== host || !realm.translates || entered === undefined || entered.realm === realm) continue;
      const inner = this.#translation(realm, outer).incoming(to, source, this.#time.now);
      if (inner !== undefined) return { origin: { host, source, realm }, to: inner };
    }
    return undefined;
  }

  /**
   * Translates the source of a datagram from the network behind a router that translates, and chooses the interface by which it leaves
   * the router's host.
   * Undefined if the datagram is for this host, or the host has no interface outside the network.
   */
  #outward(host: number, router: SimRouter, source: string, to: string): Onward | undefined {
    const owner = this.#ownerOf(to, host);
    if (owner?.host === host) return undefined;
    const outside = (this.#interfaces[host] ?? []).filter(({ realm }) => realm !== router);
    const out = this.#interfaceTo(host, outside, owner);
    if (out === undefined) return undefined;
    if (!router.translates) return { origin: { host, source, realm: out.realm }, to };
    const outer = this.#translation(router, hostPartOf(out.address)).outgoing(source, to, this.#time.now);
    return { origin: { host, source: outer, realm: out.realm }, to };
  }

  #translation(router: SimRouter, outer: string): SimNat {
    return router.translation(outer, (address) => this.#owners.has(address) || this.#sockets.has(address));
  }

  /** Sends a datagram over the loopback interface to the socket at a port of the same host. Returns false when no socket has the port. */
  sendLocally(sender: SimUdpSocket, port: string, bytes: Uint8Array): boolean {
    const address = `${hostPartOf(sender.address)}:${port}`;
    const { host } = sender;
    if (this.#ownerOf(address, host)?.host !== host) return false;
    const receiver = this.#sockets.get(address) ?? this.#open[host];
    this.#transmit({ link: this.link(host, host), receiver, source: `127.0.0.1:${portOf(sender.address)}`, bytes });
    return true;
  }

  /**
   * Returns the owner of an address, seen from the host `from`. Only the host of a socket on the loopback interface sees this socket. A
   * host that forwards owns all ports of its addresses.
   */
  #ownerOf(address: string, from: number): Owner | undefined {
    const socket = this.#sockets.get(address);
    if (socket === undefined) {
      const known = this.#owners.get(address);
      return known !== undefined || this.#routerOwners.size === 0 ? known : this.#routerOwners.get(hostPartOf(address));
    }
    if (socket.isLoopback && socket.host !== from) return undefined;
    const ip = hostPartOf(address);
    const { realm, network } = this.#interfaces[socket.host]?.find((one) => hostPartOf(one.address) === ip) ?? {};
    return { host: socket.host, realm, network };
  }

  /** Returns the receiver of a datagram, and its source as the receiver sees it; undefined when no host has the address. */
  #route({ host, source: inner, realm: own }: Origin, to: string): Route | undefined {
    const now = this.#time.now;
    const direct = this.#ownerOf(to, host);
    const far = direct === undefined ? this.#gatewayOf.get(hostPartOf(to)) : direct.realm;
    if (direct !== undefined && far === own) return { address: to, source: inner };
    if (direct === undefined && far === undefined) return undefined;
    if (direct !== undefined && far !== undefined) return { address: undefined, source: inner };
    const source = own instanceof SimNat ? own.outgoing(inner, to, now) : inner;
    if (!(far instanceof SimNat)) return { address: to, source };
    return { address: far.incoming(to, source, now), source };
  }

  /** The datagrams under way to sockets that are open, in the order of their arrival: source address, and address of the receiver. */
  get inFlight(): readonly { readonly from: string; readonly to: string; readonly bytes: Uint8Array }[] {
    return this.#time.events.flatMap((event) => {
      if (!(event instanceof Delivery) || !event.link.isUp || event.receiver?.isClosed !== false) return [];
      return [{ from: event.from, to: event.receiver.address, bytes: event.bytes }];
    });
  }

  /** Delivers a datagram whose time has come, or sends it on. */
  arrive(delivery: Delivery): void {
    const { link, receiver, passage } = delivery;
    if (!link.isUp) this.counters.cut++;
    else if (passage === undefined) this.#deliver(delivery, receiver);
    else this.#enter(delivery, passage);
  }

  #deliver(delivery: Delivery, receiver: SimDatagrams | undefined): void {
    const { link, bytes } = delivery;
    if (receiver === undefined || receiver.isClosed) this.counters.hostDown++;
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

  #schedule({ link, receiver, source, bytes, passage }: Flight): void {
    const leaves = link.departure(this.#time.now, bytes.length);
    if (leaves === undefined) {
      this.counters.queueFull++;
      return;
    }
    const isHeldBack = link.drawsHoldBack();
    if (isHeldBack) this.counters.heldBack++;
    const delivery = new Delivery(this, { link, receiver, source, bytes, passage });
    this.#time.add(link.arrival(leaves, isHeldBack), delivery);
  }
}

/** Host that has an address, and the network of the address. */
interface Owner extends Pick<SimInterface, "realm" | "network"> {
  readonly host: number;
}

/** Present host of a datagram, the source address with which it leaves this host, and the gateway of the network that it leaves by. */
interface Origin {
  readonly host: number;
  readonly source: string;
  readonly realm: Realm;
}

interface Onward {
  readonly origin: Origin;
  readonly to: string;
}

/** Datagram on its way to a host that forwards. */
interface Passage {
  readonly to: string;
  /** Router whose network the datagram leaves. Undefined if the datagram arrives from outside the networks of the host. */
  readonly from: SimRouter | undefined;
}

/**
 * Path of a connection: the hosts after the one that opens it, up to the one that accepts it, and the source address that the last host
 * sees.
 */
export interface Way {
  readonly hosts: readonly number[];
  readonly source: string;
}

interface Route {
  /** Address of the receiver. Undefined when the datagram cannot pass a gateway, or is sent to a private address. */
  readonly address: string | undefined;
  readonly source: string;
}

/**
 * A datagram that leaves a host, and the socket that gets it if the socket is still open at its arrival. A datagram with a passage has no
 * socket yet.
 */
interface Flight {
  readonly link: SimLink;
  readonly receiver: SimDatagrams | undefined;
  readonly source: string;
  readonly bytes: Uint8Array;
  readonly passage?: Passage | undefined;
}

/**
 * A datagram in flight. `receiver` is the socket that had the address when the datagram left: a socket of a later run of the host does not
 * get it.
 */
class Delivery implements Datagram, SimEvent {
  readonly bytes: Uint8Array;
  readonly from: string;
  readonly link: SimLink;
  readonly receiver: SimDatagrams | undefined;
  readonly passage: Passage | undefined;
  readonly #network: SimNetwork;

  constructor(network: SimNetwork, { link, receiver, source, bytes, passage }: Flight) {
    this.#network = network;
    this.link = link;
    this.receiver = receiver;
    this.bytes = bytes;
    this.from = source;
    this.passage = passage;
  }

  fire(): void {
    this.#network.arrive(this);
  }
}

/** Returns the host of `host:port`. */
function hostPartOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}
