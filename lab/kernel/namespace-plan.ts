/**
 * Names and commands for the namespaces of a lab. The functions return plain text for `ip`, `nft` and `sh`; `Namespaces` runs
 * it, and the tests compare it.
 */
import type { Host, Network } from "../topology/topology.ts";

/**
 * Network namespaces of a lab: one per host, one per NAT gateway, and a hub that connects them.
 *
 *   host a ── eth0 ═══ h1 ──┐
 *   host b ── eth0 ═══ h2 ──┤ hub, which forwards
 *   gateway ─ eth0 ═══ g1 ──┘
 *
 * A host sends all packets to the hub; a gateway returns translated packets to it. If links have faults, the hub routes packets
 * between hosts to the device `links`, where the link process delays, drops and duplicates them.
 */
export interface NamespacePlan {
  /** Prefix of the names of this lab's namespaces. No other namespace has it. */
  readonly prefix: string;
  readonly hub: string;
  /** Namespaces of the hosts, in the order of the topology. */
  readonly hosts: readonly HostNamespace[];
  readonly gateways: readonly GatewayNamespace[];
}

interface Port {
  readonly namespace: string;
  /** Interface of the hub towards the namespace. */
  readonly port: string;
}

export interface HostNamespace extends Port {
  /** Name of the host, and of its first node. */
  readonly machine: string;
  readonly name: string;
  /** Address at the start of the run. */
  readonly ip: string;
}

export interface GatewayNamespace extends Port {
  readonly network: Network;
  /** Address that other networks see. */
  readonly ip: string;
  /** Routing table of the hub for packets that leave the network. */
  readonly table: number;
}

/** TUN device of the link process. */
export const LINKS_DEVICE = "links";

/** Address of the hub on all its ports. Only the routing tables of hosts and gateways use it. */
const HUB_ADDRESS = "169.254.77.1";

export const FAULTS_TABLE = 77;
const FIRST_GATEWAY_TABLE = 100;

/** Names the namespaces, ports and routing tables. The pid of the lab's process makes the names unique. */
export function planNamespaces(hosts: readonly Host[], networks: readonly Network[], pid: number): NamespacePlan {
  const prefix = `mz${pid}-`;
  const behindNat = networks.flatMap((network) => (network.nat === undefined ? [] : [{ network, ip: network.nat }]));
  return {
    prefix,
    // Host names are lower-case, so these names are free.
    hub: `${prefix}HUB`,
    hosts: hosts
      .filter(({ machine }, at) => machine !== hosts[at - 1]?.machine)
      .map(({ machine, name, address }, at) => ({
        machine,
        name,
        namespace: `${prefix}${machine}`,
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

/** Returns the IP address of an `ip:port`. */
export function ipOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

/** Returns the input of `ip -batch -` that creates the namespaces. */
export function creationBatch({ hub, hosts, gateways }: NamespacePlan): string {
  return batch([hub, ...[...hosts, ...gateways].map((one) => one.namespace)].map((name) => `netns add ${name}`));
}

/** Returns the input of `ip -n HUB -batch -` that creates a port to each host and gateway. */
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

/** Returns the input of `ip -n HOST -batch -` that routes all packets to the hub. */
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

/** Returns the input of `ip -n HUB -batch -` that moves the route of a host to its new address. */
export function moveInHubBatch({ port }: HostNamespace, from: string, to: string): string {
  return batch([`route del ${from}/32 dev ${port}`, `route add ${to}/32 dev ${port}`]);
}

/** Returns the input of `ip -n HOST -batch -` that changes the address of a host. */
export function moveInHostBatch(from: string, to: string): string {
  return batch([
    `addr add ${to}/32 dev eth0`,
    `route replace default via ${HUB_ADDRESS} dev eth0 src ${to}`,
    `addr del ${from}/32 dev eth0`,
  ]);
}

/** Returns the input of `ip -n HUB -batch -` that routes packets with faults to the link process. */
export function faultsBatch(): string {
  return batch([`route add default dev ${LINKS_DEVICE} table ${FAULTS_TABLE}`]);
}

/** Returns the input of `nft -f -` in a gateway: masquerading of outbound packets, forwarded ports, and no other inbound packets. */
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

/** Shell command that enables forwarding in its namespace and disables reverse-path filtering. */
export const FORWARDING: string = [
  "echo 1 > /proc/sys/net/ipv4/ip_forward",
  "echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter",
  "echo 0 > /proc/sys/net/ipv4/conf/default/rp_filter",
  // A gateway returns packets to the port they came from, which must not cause ICMP redirects.
  "echo 0 > /proc/sys/net/ipv4/conf/all/send_redirects",
  "echo 0 > /proc/sys/net/ipv4/conf/default/send_redirects",
].join(" && ");

export function batch(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
