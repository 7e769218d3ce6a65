import type { Host, Network } from "../topology/topology.ts";

/**
 * The namespaces of a lab: one for each host, one for each NAT gateway, and a hub that joins them.
 *
 *   host a ── eth0 ═══ h1 ──┐
 *   host b ── eth0 ═══ h2 ──┤ hub, which forwards
 *   gateway ─ eth0 ═══ g1 ──┘
 *
 * A host sends everything to the hub; a gateway gets back there what it has translated. When links have faults, the hub
 * hands the packets between hosts to a device of its own, `links`, behind which a process delays, loses and repeats them.
 */
export interface NamespacePlan {
  /** What all names of this lab's namespaces begin with, and no others. */
  readonly prefix: string;
  readonly hub: string;
  /** Namespaces of the hosts, in their order. */
  readonly hosts: readonly HostNamespace[];
  readonly gateways: readonly GatewayNamespace[];
}

interface Port {
  readonly namespace: string;
  /** The hub's interface towards it. */
  readonly port: string;
}

export interface HostNamespace extends Port {
  readonly name: string;
  /** The address it begins with. */
  readonly ip: string;
}

export interface GatewayNamespace extends Port {
  readonly network: Network;
  /** The address that others see. */
  readonly ip: string;
  /** The hub's table of routes for what leaves the network. */
  readonly table: number;
}

/** The device behind which the faults of links happen. */
export const LINKS_DEVICE = "links";

/** No host has it, and it is never seen by anybody but the hosts' routing tables. */
const HUB_ADDRESS = "169.254.77.1";

export const FAULTS_TABLE = 77;
const FIRST_GATEWAY_TABLE = 100;

/** `pid` makes the names those of one process. */
export function planNamespaces(hosts: readonly Host[], networks: readonly Network[], pid: number): NamespacePlan {
  const prefix = `mz${pid}-`;
  const behindNat = networks.flatMap((network) => (network.nat === undefined ? [] : [{ network, ip: network.nat }]));
  return {
    prefix,
    // No host can have these names.
    hub: `${prefix}HUB`,
    hosts: hosts.map(({ name, address }, at) => ({
      name,
      namespace: `${prefix}${name}`,
      port: `h${at + 1}`,
      ip: ipOf(address),
    })),
    gateways: behindNat.map(({ network, ip }, at) => ({
      network,
      ip,
      namespace: `${prefix}NAT-${network.name}`,
      port: `g${at + 1}`,
      table: FIRST_GATEWAY_TABLE + at,
    })),
  };
}

export function ipOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

/** Input of `ip -batch -`: the namespaces themselves. */
export function creationBatch({ hub, hosts, gateways }: NamespacePlan): string {
  return batch([hub, ...[...hosts, ...gateways].map((one) => one.namespace)].map((name) => `netns add ${name}`));
}

/** Input of `ip -n HUB -batch -`: a port to each host and gateway. */
export function hubBatch({ hosts, gateways }: NamespacePlan): string {
  return batch([
    ...[...hosts, ...gateways].flatMap(({ namespace, port, ip }) => [
      `link add ${port} type veth peer name eth0 netns ${namespace}`,
      `addr add ${HUB_ADDRESS}/32 dev ${port}`,
      `link set ${port} up`,
      `route add ${ip}/32 dev ${port}`,
    ]),
    ...gateways.map(({ ip, port, table }) => `route add default via ${ip} dev ${port} onlink table ${table}`),
  ]);
}

/** Input of `ip -n HOST -batch -`: everything goes to the hub. */
export function hostBatch({ ip }: Pick<HostNamespace, "ip">, splitsTrains: boolean): string {
  return batch([
    "link set lo up",
    ...(splitsTrains ? ["link set eth0 gso_max_segs 1"] : []),
    `addr add ${ip}/32 dev eth0`,
    "link set eth0 up",
    `route add ${HUB_ADDRESS}/32 dev eth0`,
    `route add default via ${HUB_ADDRESS} dev eth0 src ${ip}`,
  ]);
}

/** Input of `ip -n HUB -batch -`: the hub finds the host at another address. */
export function moveInHubBatch({ port }: HostNamespace, from: string, to: string): string {
  return batch([`route del ${from}/32 dev ${port}`, `route add ${to}/32 dev ${port}`]);
}

/** Input of `ip -n HOST -batch -`: the host has another address. */
export function moveInHostBatch(from: string, to: string): string {
  return batch([
    `addr add ${to}/32 dev eth0`,
    `route replace default via ${HUB_ADDRESS} dev eth0 src ${to}`,
    `addr del ${from}/32 dev eth0`,
  ]);
}

/** Input of `ip -n HUB -batch -`: the way into the device of the faults. */
export function faultsBatch(): string {
  return batch([`route add default dev ${LINKS_DEVICE} table ${FAULTS_TABLE}`]);
}

/** Input of `nft -f -` in a gateway: what leaves has its address, and what nobody asked for goes to whom it is forwarded or nowhere. */
export function natRules({ network, ip }: GatewayNamespace, forwarded: readonly string[]): string {
  const forwards = forwarded.map(
    (address) => `ip daddr ${ip} udp dport ${address.slice(address.lastIndexOf(":") + 1)} dnat to ${address}`,
  );
  return `table ip mosaic {
  chain arrive { type nat hook prerouting priority -100; ${forwards.join("; ")}
  }
  chain leave { type nat hook postrouting priority 100; ip saddr ${network.range.text} masquerade
  }
  chain own { type filter hook input priority 0; policy drop;
  }
}
`;
}

/** A shell command that lets the namespace it runs in forward packets, whatever way they come back. */
export const FORWARDING: string = [
  "echo 1 > /proc/sys/net/ipv4/ip_forward",
  "echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter",
  "echo 0 > /proc/sys/net/ipv4/conf/default/rp_filter",
  // What a gateway sends back where it came from is no mistake of the sender's.
  "echo 0 > /proc/sys/net/ipv4/conf/all/send_redirects",
  "echo 0 > /proc/sys/net/ipv4/conf/default/send_redirects",
].join(" && ");

export function batch(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
