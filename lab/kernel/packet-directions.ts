/**
 * IP addresses of the packets on each link. The hub finds the link of a packet by the packet's source and destination. `hubRules` drops
 * packets of a cut link, the link process delays packets, `lossRules` drops packets at random, and `HubRates` queues packets.
 */
import { ipOf } from "../topology/address-range.ts";
import { type Direction, interfacesOf } from "../topology/topology.ts";
import type { Wiring } from "../topology/wiring.ts";

/**
 * Returns the source and destination addresses that packets on the link from one host to another have in the hub. The link between a host
 * and the gateway of its network carries all packets between the host and other networks. Two hosts that only a gateway connects have no
 * link.
 */
export function packetDirections(wiring: Wiring, { from, to }: Direction): readonly Direction[] {
  const shared = wiring.sharedNetwork(from, to);
  if (shared === undefined)
    return isBehindHost(wiring, from) || isBehindHost(wiring, to) ? [] : [outerDirection(wiring, from, to)];
  const sender = ipIn(wiring, from, shared);
  const receiver = ipIn(wiring, to, shared);
  const gateway = wiring.network(shared)?.gateway;
  const outside = gateway === from || gateway === to ? outsideOf(wiring, shared) : [];
  return [
    { from: sender, to: receiver },
    ...(gateway === to ? outside.map((ip) => ({ from: sender, to: ip })) : []),
    ...(gateway === from ? outside.map((ip) => ({ from: ip, to: receiver })) : []),
  ];
}

/**
 * Returns the source addresses of packets that arrive on the link from one host to another. If `others` is true, packets from all addresses
 * that no other link to the receiver's port has arrive on this link, too.
 */
export function arrivingSources(
  wiring: Wiring,
  { from, to }: Direction,
): { readonly ip: string; readonly others: boolean } {
  const shared = wiring.sharedNetwork(from, to);
  if (shared !== undefined) return { ip: ipIn(wiring, from, shared), others: wiring.network(shared)?.gateway === from };
  const uplink = wiring.uplink(from);
  const { visible } = wiring.attachment(from);
  return { ip: ipOf(wiring.gateway(from) === undefined ? uplink.address : visible), others: false };
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
    // Networks whose gateway is no host reach one another, so all public networks follow.
    const next =
      gateway === undefined
        ? publicNetworks(wiring)
        : interfacesOf(wiring.attachment(gateway)).map((one) => one.network);
    for (const one of next) {
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

/** Returns the networks without a gateway, and undefined for the hosts outside all networks. */
function publicNetworks(wiring: Wiring): readonly (string | undefined)[] {
  const networks = wiring.networks.filter(({ nat, gateway }) => nat === undefined && gateway === undefined);
  return [undefined, ...networks.map(({ name }) => name)];
}
