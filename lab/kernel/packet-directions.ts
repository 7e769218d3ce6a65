/**
 * IP addresses of the packets on each link. The hub finds the link of a packet by the packet's source and destination. `hubRules` drops
 * packets of a cut link, the link process delays packets, `lossRules` drops packets at random, and `HubRates` queues packets.
 */
import { ipOf } from "../topology/address-range.ts";
import { type Direction, interfacesOf } from "../topology/topology.ts";
import type { Wiring } from "../topology/wiring.ts";

/** Device of the link process that packets pass: see `LINKS_DEVICE`, `INWARD_DEVICE` and `OUTWARD_DEVICE`. */
export type LinkDevice = "links" | "inward" | "outward";

/** Source and destination addresses of packets on a link. */
interface LinkPackets extends Direction {
  readonly device: LinkDevice;
}

/** Returns the source and destination addresses that packets on the link from one host to another have in the hub. */
export function packetDirections(wiring: Wiring, direction: Direction): readonly Direction[] {
  return packetsOn(wiring, direction).map(({ from, to }) => ({ from, to }));
}

/**
 * Like `packetDirections`, with the devices that the packets pass. The link between a host and the gateway of its network carries all
 * packets between the host and other networks. The other links of a gateway that only routes carry the packets of all hosts behind it. Two
 * hosts that only a gateway connects have no link.
 */
export function packetsOn(wiring: Wiring, { from, to }: Direction): readonly LinkPackets[] {
  const shared = wiring.sharedNetwork(from, to);
  if (shared === undefined && (isBehindHost(wiring, from) || isBehindHost(wiring, to))) return [];
  const ends =
    shared === undefined
      ? outerDirection(wiring, from, to)
      : { from: ipIn(wiring, from, shared), to: ipIn(wiring, to, shared) };
  const gateway = wiring.network(shared)?.gateway;
  const outside = shared !== undefined && (gateway === from || gateway === to) ? outsideOf(wiring, shared) : [];
  const senders = [ends.from, ...(gateway === from ? outside : [])];
  const receivers = [ends.to, ...(gateway === to ? outside : [])];
  const behindSender = routedBehind(wiring, from, shared);
  const behindReceiver = routedBehind(wiring, to, shared);
  return [
    ...pairs(senders, receivers, gateway === from ? "inward" : "links"),
    ...pairs(senders, behindReceiver, "links"),
    ...pairs(behindSender, [...receivers, ...behindReceiver], "outward"),
  ];
}

function pairs(senders: readonly string[], receivers: readonly string[], device: LinkDevice): readonly LinkPackets[] {
  return senders.flatMap((from) => receivers.map((to) => ({ from, to, device })));
}

/** Returns the IP addresses of the hosts in networks for which a host routes, except the network that a link is in. */
function routedBehind(wiring: Wiring, host: string, link: string | undefined): readonly string[] {
  return wiring.routedBy(host).flatMap(({ name }) => (name === link ? [] : wiring.addressesIn(name)));
}

/**
 * Returns the source addresses of packets that arrive on the link from one host to another. If `others` is true, packets from all addresses
 * that no other link to the receiver's port has arrive on this link, too.
 */
export function arrivingSources(
  wiring: Wiring,
  { from, to }: Direction,
): { readonly ips: readonly string[]; readonly others: boolean } {
  const shared = wiring.sharedNetwork(from, to);
  const behind = routedBehind(wiring, from, shared);
  if (shared !== undefined) {
    const others = wiring.network(shared)?.gateway === from;
    return { ips: [ipIn(wiring, from, shared), ...(others ? [] : behind)], others };
  }
  const uplink = wiring.uplink(from);
  const { visible } = wiring.attachment(from);
  return { ips: [ipOf(wiring.gateway(from) === undefined ? uplink.address : visible), ...behind], others: false };
}

/** Whether a host reaches other networks only through a gateway that is a host. */
function isBehindHost(wiring: Wiring, host: string): boolean {
  return wiring.network(wiring.uplink(host).network)?.gateway !== undefined;
}

/**
 * Returns the addresses of packets on a link between two networks: those of the two hosts. If both hosts are behind NAT gateways, the
 * source is the visible address of the sender.
 */
function outerDirection(wiring: Wiring, from: string, to: string): Direction {
  const crossesTwoGateways = wiring.gateway(from) !== undefined && wiring.gateway(to) !== undefined;
  const source = crossesTwoGateways ? wiring.attachment(from).visible : wiring.uplink(from).address;
  return { from: ipOf(source), to: ipOf(wiring.uplink(to).address) };
}

function ipIn(wiring: Wiring, host: string, network: string): string {
  return ipOf((wiring.interfaceIn(host, network) ?? wiring.uplink(host)).address);
}

/** Returns the IP addresses that hosts of a network reach through its gateway. */
function outsideOf(wiring: Wiring, network: string): readonly string[] {
  const reached = new Set<string | undefined>();
  const queue: (string | undefined)[] = [network];
  for (let at = 0; at < queue.length; at++) {
    const gateway = wiring.network(queue[at])?.gateway;
    const inner = routedFrom(wiring, queue[at]);
    // Networks whose gateway is no host reach one another, so all public networks follow.
    const next =
      gateway === undefined
        ? publicNetworks(wiring)
        : interfacesOf(wiring.attachment(gateway)).map((one) => one.network);
    for (const one of [...next, ...inner]) {
      if (reached.has(one) || one === network) continue;
      reached.add(one);
      queue.push(one);
    }
  }
  const hosts = wiring.machines.flatMap((host) => interfacesOf(wiring.attachment(host)));
  const inside = hosts.filter((one) => reached.has(one.network)).map(({ address }) => ipOf(address));
  const translated = reached.has(undefined) ? wiring.networks.flatMap(({ nat }) => nat ?? []) : [];
  return [...new Set([...inside, ...translated])];
}

/** Returns the networks whose gateways are in a network, and only route. */
function routedFrom(wiring: Wiring, network: string | undefined): readonly string[] {
  return wiring.networks
    .filter(({ gateway, translates }) => {
      return gateway !== undefined && !translates && wiring.interfaceIn(gateway, network ?? "") !== undefined;
    })
    .map(({ name }) => name);
}

/** Returns the networks without a gateway, and undefined for the hosts outside all networks. */
function publicNetworks(wiring: Wiring): readonly (string | undefined)[] {
  const networks = wiring.networks.filter(({ nat, gateway }) => nat === undefined && gateway === undefined);
  return [undefined, ...networks.map(({ name }) => name)];
}
