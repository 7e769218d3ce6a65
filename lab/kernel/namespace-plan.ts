/**
 * Names and commands for the namespaces of a lab. The functions return plain text for `ip`, `nft` and `sh`; `Namespaces` runs
 * it, and the tests compare it.
 */
import { ipOf } from "../topology/address-range.ts";
import { type Host, interfacesOf, type Network } from "../topology/topology.ts";

/**
 * Network namespaces of a lab: one per host, one per NAT gateway, and a hub that connects them.
 *
 *   host a ── eth0 ═══ h1 ──┐
 *   host b ── eth0 ═══ h2 ──┤ hub, which forwards
 *   gateway ─ eth0 ═══ g1 ──┘
 *
 * A host sends all packets to the hub; a gateway returns translated packets to the hub. A host in several networks has a port in each of
 * them, such as eth1 with h1-1, and may be the gateway of some of them. If links have faults, the hub routes packets between hosts to the
 * device `links`, where the link process delays, drops and duplicates them.
 */
export interface NamespacePlan {
  /** Prefix of the names of this lab's namespaces. No other namespace has it. */
  readonly prefix: string;
  readonly hub: string;
  /** Namespaces of the hosts, in the order of the topology. */
  readonly hosts: readonly HostNamespace[];
  readonly gateways: readonly GatewayNamespace[];
  /** Networks whose gateway is a host. */
  readonly hostGateways: readonly HostGateway[];
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
  /** Network at the start of the run. */
  readonly network: string | undefined;
  readonly device: string;
  /** Ports of its further interfaces. */
  readonly others: readonly HostPort[];
}

/** Interface of a host, and its port of the hub. */
export type HostPort = Pick<HostNamespace, "ip" | "network" | "device" | "port">;

/** Returns the ports of a host, the first one first. */
export function portsOf(host: HostNamespace): readonly HostPort[] {
  return [host, ...host.others];
}

export interface HostGateway {
  readonly network: Network;
  /** Name of the gateway. */
  readonly host: string;
  /** Its port in the network. */
  readonly inner: HostPort;
  /** Routing table of the hub for packets that leave the network. */
  readonly table: number;
  /**
   * Ports of a gateway that only routes in the networks of which it is not the gateway, the one by which it sends out first. Empty for a
   * gateway that translates.
   */
  readonly outer: readonly OuterPort[];
}

export interface OuterPort extends HostPort {
  /** Routing table of the hub for packets that others in the network of this port send into the network behind the gateway. */
  readonly table: number;
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

/**
 * TUN device of the link process for packets that gateways send into the network behind them. Their source and destination may equal those
 * of packets on another link.
 */
export const INWARD_DEVICE = "inward";

/**
 * TUN device of the link process for packets that gateways which only route send outwards. Their addresses equal those that they have on
 * the link to the gateway.
 */
export const OUTWARD_DEVICE = "outward";

export const FAULTS_TABLE = 77;
export const INWARD_TABLE = 78;
export const OUTWARD_TABLE = 79;
const FIRST_GATEWAY_TABLE = 100;
const FIRST_HOST_GATEWAY_TABLE = 10_000;
const FIRST_OUTER_TABLE = 20_000;

/** Names the namespaces, ports and routing tables. The pid of the lab's process makes the names unique. */
export function planNamespaces(hosts: readonly Host[], networks: readonly Network[], pid: number): NamespacePlan {
  const prefix = `mz${pid}-`;
  const namespaces = hosts
    .filter(({ machine }, at) => machine !== hosts[at - 1]?.machine)
    .map((host, at): HostNamespace => {
      const { machine, name } = host;
      const ports = interfacesOf(host).map(({ network, address }, index) => ({
        network,
        ip: ipOf(address),
        device: `eth${index}`,
        port: index === 0 ? `h${at + 1}` : `h${at + 1}-${index}`,
      }));
      const [first, ...others] = ports as [HostPort, ...HostPort[]];
      return { machine, name, namespace: `${prefix}${machine}`, ...first, others };
    });
  let outerTable = FIRST_OUTER_TABLE;
  const behindNat = networks.flatMap((network) => (network.nat === undefined ? [] : [{ network, ip: network.nat }]));
  return {
    prefix,
    // Host names are in lower case, so no host has one of these names.
    hub: `${prefix}HUB`,
    hosts: namespaces,
    gateways: behindNat.map(({ network, ip }, at) => ({
      network,
      ip,
      namespace: `${prefix}NAT-${network.name}`,
      port: `g${at + 1}`,
      table: FIRST_GATEWAY_TABLE + at,
    })),
    hostGateways: networks.flatMap((network, at) => {
      const host = namespaces.find(({ name }) => name === network.gateway);
      const inner = host && portsOf(host).find((one) => one.network === network.name);
      if (host === undefined || inner === undefined) return [];
      const isInner = (name: string | undefined): boolean =>
        networks.some((one) => one.name === name && one.gateway === host.name);
      const outer = portsOf(host)
        .filter((one) => !network.translates && !isInner(one.network))
        .map((one) => ({ ...one, table: outerTable++ }));
      return [{ network, host: host.name, inner, outer, table: FIRST_HOST_GATEWAY_TABLE + at }];
    }),
  };
}

/** Returns the input of `ip -batch -` that creates the namespaces. */
export function creationBatch({ hub, hosts, gateways }: NamespacePlan): string {
  return batch([hub, ...[...hosts, ...gateways].map((one) => one.namespace)].map((name) => `netns add ${name}`));
}

/** Returns the input of `ip -n HUB -batch -` that creates a port to each host and gateway. */
export function hubBatch({ hosts, gateways, hostGateways }: NamespacePlan): string {
  const ports = [
    ...hosts.flatMap((host) => portsOf(host).map((port) => ({ ...port, namespace: host.namespace }))),
    ...gateways.map((gateway) => ({ ...gateway, device: "eth0" })),
  ];
  return batch([
    ...ports.flatMap(({ namespace, port, ip, device }) => [
      `link add ${port} type veth peer name ${device} netns ${namespace}`,
      `addr add ${HUB_ADDRESS}/32 dev ${port}`,
      `link set ${port} up`,
      `route add ${ip}/32 dev ${port}`,
    ]),
    ...[
      ...gateways,
      ...hostGateways.map(({ inner, table }) => ({ ...inner, table })),
      ...hostGateways.flatMap(({ outer }) => outer),
    ].map(({ ip, port, table }) => `route add default via ${ip} dev ${port} onlink table ${table}`),
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

/**
 * Returns the input of `ip -n HOST -batch -` that gives a host in several networks a default route, and a route to each of these networks
 * and to the networks that gateways in them route for.
 */
export function interfacesBatch(
  host: HostNamespace,
  networks: ReadonlyMap<string, Network>,
  hostGateways: readonly HostGateway[],
  splitsTrains: boolean,
): string {
  const others = hostGateways.filter((one) => one.host !== host.name);
  const uplink = portsOf(host).find(({ network }) => networks.get(network ?? "")?.gateway !== host.name) ?? host;
  return batch([
    "link set lo up",
    ...portsOf(host).flatMap(({ device, ip, network }) => [
      ...(splitsTrains ? [`link set ${device} gso_max_segs 1`] : []),
      `addr add ${ip}/32 dev ${device}`,
      `link set ${device} up`,
      ...[networks.get(network ?? "")?.range.text, ...routedInto(network, others)].map(
        (range) => `route add ${range} via ${HUB_ADDRESS} dev ${device} onlink src ${ip}`,
      ),
    ]),
    `route add default via ${HUB_ADDRESS} dev ${uplink.device} onlink src ${uplink.ip}`,
  ]);
}

/** Returns the ranges of the networks behind gateways that only route and send out into a network. */
export function routedInto(network: string | undefined, hostGateways: readonly HostGateway[]): readonly string[] {
  return hostGateways.filter(({ outer }) => outer[0]?.network === network).map((one) => one.network.range.text);
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
export function faultsBatch({ hostGateways }: NamespacePlan): string {
  return batch([
    `route add default dev ${LINKS_DEVICE} table ${FAULTS_TABLE}`,
    ...(hostGateways.length === 0 ? [] : [`route add default dev ${INWARD_DEVICE} table ${INWARD_TABLE}`]),
    ...(hostGateways.some(({ outer }) => outer.length > 0)
      ? [`route add default dev ${OUTWARD_DEVICE} table ${OUTWARD_TABLE}`]
      : []),
  ]);
}

/**
 * Returns the input of `nft -f -` in a gateway: masquerading of outbound packets, forwarded ports, and no other inbound packets. `routed`
 * are the ranges of networks whose gateways route into the network.
 */
export function natRules(
  { network, ip }: GatewayNamespace,
  forwarded: readonly string[],
  routed: readonly string[] = [],
): string {
  const forwards = forwarded.map(
    (address) => `ip daddr ${ip} udp dport ${address.slice(address.lastIndexOf(":") + 1)} dnat to ${address}`,
  );
  return `table ip mosaic {
  chain arrive { type nat hook prerouting priority -100; ${forwards.join("; ")}
  }
  chain leave { type nat hook postrouting priority 100; ip saddr ${setOf([network.range.text, ...routed])} masquerade
  }
  chain own { type filter hook input priority 0; policy drop;
  }
}
`;
}

/** Returns an element or a set of elements for `nft`. */
function setOf(elements: readonly string[]): string {
  return elements.length === 1 ? String(elements[0]) : `{ ${elements.join(", ")} }`;
}

/**
 * Network behind a gateway that is a host, the addresses (`ip:port`) to which the gateway forwards their ports, and the ranges of networks
 * whose gateways route into the network.
 */
export interface InnerNetwork extends HostGateway {
  readonly forwarded: readonly string[];
  readonly routed: readonly string[];
}

/**
 * Returns the input of `nft -f -` in a host that is the gateway of networks: masquerading of packets that leave one of those that it
 * translates for, and forwarded ports. No other packet enters such a network from outside the networks of `inner`.
 */
export function hostNatRules(host: HostNamespace, inner: readonly InnerNetwork[]): string {
  const devicesOf = (networks: readonly InnerNetwork[]): string =>
    networks.map((one) => `"${one.inner.device}"`).join(", ");
  const translated = inner.filter(({ network }) => network.translates);
  const outer = portsOf(host).filter(({ device }) => inner.every((one) => one.inner.device !== device));
  const own = outer.map(({ ip }) => ip).join(", ");
  const forwards = inner
    .flatMap(({ forwarded }) => forwarded)
    .map((to) => `    ip daddr { ${own} } udp dport ${to.slice(to.lastIndexOf(":") + 1)} dnat to ${to}\n`);
  const masquerades = translated.map(({ network, routed, inner: port }) => {
    return `    ip saddr ${setOf([network.range.text, ...routed])} oifname != "${port.device}" masquerade\n`;
  });
  return `table ip mosaic {
  chain arrive {
    type nat hook prerouting priority -100
${outer.length === 0 ? "" : forwards.join("")}  }
  chain leave {
    type nat hook postrouting priority 100
${masquerades.join("")}  }
  chain pass {
    type filter hook forward priority 0
    ct state established,related accept
    ct status dnat accept
    iifname != { ${devicesOf(inner)} } oifname { ${devicesOf(translated)} } drop
  }
}
`;
}

/** Shell command that disables reverse-path filtering in its namespace. */
export const NO_RP_FILTER = "for filter in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $filter; done";

/** Shell command that enables forwarding in its namespace and disables reverse-path filtering. */
export const FORWARDING: string = [
  "echo 1 > /proc/sys/net/ipv4/ip_forward",
  NO_RP_FILTER,
  // A gateway sends packets out by the port by which they came. This must not cause ICMP redirects.
  "echo 0 > /proc/sys/net/ipv4/conf/all/send_redirects",
  "echo 0 > /proc/sys/net/ipv4/conf/default/send_redirects",
].join(" && ");

export function batch(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
