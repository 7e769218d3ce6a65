import {
  FAULTS_TABLE,
  type HostNamespace,
  INWARD_DEVICE,
  INWARD_TABLE,
  LINKS_DEVICE,
  type HostGateway,
  type NamespacePlan,
  OUTWARD_DEVICE,
  OUTWARD_TABLE,
  portsOf,
} from "./namespace-plan.ts";
import { packetDirections } from "./packet-directions.ts";
import type { Direction } from "../topology/topology.ts";
import type { Wiring } from "../topology/wiring.ts";

/**
 * Priorities of routing rules; smaller numbers apply first. Cuts apply first, so that a packet of a cut link is neither delayed nor sent to
 * a gateway.
 */
const PRIORITY = {
  cut: 30,
  faultsToGateway: 35,
  fromInside: 36,
  toGateway: 40,
  private: 45,
  inwardFaults: 90,
  outwardFaults: 95,
  faults: 100,
  inward: 140,
  inside: 150,
  near: 155,
  leaving: 160,
  entering: 170,
} as const;

/** State that the routing rules of the hub depend on. */
export interface HubState {
  readonly wiring: Wiring;
  readonly cut: readonly Direction[];
  /** Whether the device of the link process exists. */
  readonly hasFaults: boolean;
}

/** Returns the routing rules of the hub, as arguments of `ip rule add`. */
export function hubRules(plan: NamespacePlan, { wiring, cut, hasFaults }: HubState): readonly string[] {
  const { hosts, gateways } = plan;
  const cuts = cut
    .flatMap((direction) => packetDirections(wiring, direction))
    .map(({ from, to }) => `priority ${PRIORITY.cut} from ${from} to ${to} blackhole`);
  const faults = hosts
    .flatMap(portsOf)
    .map(({ port }) => `priority ${PRIORITY.faults} iif ${port} table ${FAULTS_TABLE}`);
  return [
    ...gateways.flatMap((gateway) => {
      const { network, ip, port, table } = gateway;
      const range = network.range.text;
      return [
        `priority ${PRIORITY.toGateway} to ${ip} table main`,
        ...portsOutside(hosts, wiring, network.name).map(
          (outside) => `priority ${PRIORITY.private} iif ${outside} to ${range} blackhole`,
        ),
        ...(hasFaults ? [`priority ${PRIORITY.faults} iif ${port} to ${range} table ${FAULTS_TABLE}`] : []),
        `priority ${PRIORITY.inside} from ${range} to ${range} table main`,
        `priority ${PRIORITY.leaving} from ${range} table ${table}`,
      ];
    }),
    ...hostGatewayRules(plan, { wiring, hasFaults }),
    ...new Set(cuts),
    ...(hasFaults ? faults : []),
  ];
}

/**
 * Returns the rules of networks whose gateway is a host. If it translates, packets that leave the network go to the gateway, and other
 * packets do not enter it.
 */
function hostGatewayRules(
  { hosts, gateways, hostGateways }: NamespacePlan,
  { wiring, hasFaults }: Pick<HubState, "wiring" | "hasFaults">,
): readonly string[] {
  const delivery =
    hasFaults && hostGateways.length > 0 ? [`priority ${PRIORITY.inward} iif ${INWARD_DEVICE} table main`] : [];
  const rules = hostGateways.flatMap((one) => {
    const { network, inner, table } = one;
    if (!network.translates) return routedRules({ hosts, gateways, hostGateways }, one, { wiring, hasFaults });
    const range = network.range.text;
    const inside = hosts.flatMap((one) => portsIn(one, wiring, (name) => name === network.name));
    const outside = portsOutside(hosts, wiring, network.name);
    // A packet to the address of a NAT gateway passes the gateway of its own network first.
    const toOthers = gateways.flatMap(({ ip }) => [
      ...(hasFaults
        ? inside.map((port) => `priority ${PRIORITY.faultsToGateway} iif ${port} to ${ip} table ${FAULTS_TABLE}`)
        : []),
      `priority ${PRIORITY.fromInside} from ${range} to ${ip} table ${table}`,
    ]);
    return [
      ...toOthers,
      ...outside.map((port) => `priority ${PRIORITY.private} iif ${port} to ${range} blackhole`),
      `priority ${PRIORITY.inside} from ${range} to ${range} table main`,
      hasFaults
        ? `priority ${PRIORITY.inwardFaults} iif ${inner.port} to ${range} table ${INWARD_TABLE}`
        : `priority ${PRIORITY.inward} iif ${inner.port} to ${range} table main`,
      `priority ${PRIORITY.leaving} from ${range} table ${table}`,
    ];
  });
  return [...rules, ...delivery];
}

/**
 * Returns the rules of a network whose gateway only routes. The addresses of a packet are the same on both sides of the gateway, so the
 * port by which the packet comes decides: a port of a host in the network, or a port of the gateway. The link process returns packets of
 * the former by one device, and packets of the latter by others.
 */
function routedRules(
  plan: Pick<NamespacePlan, "hosts" | "gateways" | "hostGateways">,
  { network, inner, outer, table }: HostGateway,
  { wiring, hasFaults }: Pick<HubState, "wiring" | "hasFaults">,
): readonly string[] {
  const { hosts, gateways, hostGateways } = plan;
  const range = network.range.text;
  const inside = hosts.flatMap((one) => portsIn(one, wiring, (name) => name === network.name));
  const members = inside.filter((port) => port !== inner.port);
  // Devices by which the packets of members come for the first time, and those that the gateway sends outwards.
  const fromMembers = hasFaults ? [`iif ${LINKS_DEVICE} from ${range}`] : members.map((port) => `iif ${port}`);
  const fromGateway = hasFaults
    ? [`iif ${OUTWARD_DEVICE} from ${range}`]
    : outer.map(({ port }) => `iif ${port} from ${range}`);
  const beyond = outerTable(outer[0]?.network, gateways, hostGateways);
  const outerRanges = outer.flatMap((one) => wiring.network(one.network)?.range.text ?? []);
  return [
    ...gateways.flatMap(({ ip }) => [
      ...(hasFaults
        ? [
            ...members.map((port) => `priority ${PRIORITY.faultsToGateway} iif ${port} to ${ip} table ${FAULTS_TABLE}`),
            ...outer.map(
              ({ port }) =>
                `priority ${PRIORITY.faultsToGateway} iif ${port} from ${range} to ${ip} table ${OUTWARD_TABLE}`,
            ),
          ]
        : []),
      ...fromMembers.map((from) => `priority ${PRIORITY.fromInside} ${from} to ${ip} table ${table}`),
    ]),
    ...unreachableFrom(hosts, wiring, outer[0]?.network).map(
      (port) => `priority ${PRIORITY.private} iif ${port} to ${range} blackhole`,
    ),
    `priority ${PRIORITY.inside} from ${range} to ${range} table main`,
    hasFaults
      ? `priority ${PRIORITY.inwardFaults} iif ${inner.port} to ${range} table ${INWARD_TABLE}`
      : `priority ${PRIORITY.inward} iif ${inner.port} to ${range} table main`,
    ...(hasFaults
      ? outer.map(({ port }) => `priority ${PRIORITY.outwardFaults} iif ${port} from ${range} table ${OUTWARD_TABLE}`)
      : []),
    ...outer.flatMap((one) => {
      const near = wiring.network(one.network)?.range.text;
      return near === undefined ? [] : [`priority ${PRIORITY.near} from ${near} to ${range} table ${one.table}`];
    }),
    ...fromMembers.map((from) => `priority ${PRIORITY.leaving} ${from} table ${table}`),
    ...(beyond === undefined
      ? []
      : fromGateway.flatMap((from) => [
          ...outerRanges.map((near) => `priority ${PRIORITY.near} ${from} to ${near} table main`),
          `priority ${PRIORITY.leaving} ${from} table ${beyond}`,
        ])),
    ...outer.slice(0, 1).map((one) => `priority ${PRIORITY.entering} to ${range} table ${one.table}`),
  ];
}

/** Returns the routing table of the hub for packets that leave a network. Undefined for a network without a gateway. */
function outerTable(
  network: string | undefined,
  gateways: NamespacePlan["gateways"],
  hostGateways: NamespacePlan["hostGateways"],
): number | undefined {
  return [...gateways, ...hostGateways].find((one) => one.network.name === network)?.table;
}

/**
 * Returns the ports whose packets do not reach the networks behind a network, because it has a gateway that translates. None for a network
 * without a gateway.
 */
function unreachableFrom(
  hosts: readonly HostNamespace[],
  wiring: Wiring,
  network: string | undefined,
): readonly string[] {
  const { nat, gateway } = wiring.network(network) ?? {};
  if (network === undefined || (nat === undefined && gateway === undefined)) return [];
  return portsOutside(hosts, wiring, network);
}

/**
 * Returns the ports whose packets cannot reach a network by its inner addresses: all ports outside the network, except those in networks
 * from which gateways lead outwards to it.
 */
function portsOutside(hosts: readonly HostNamespace[], wiring: Wiring, network: string): readonly string[] {
  return hosts.flatMap((host) => portsIn(host, wiring, (name) => !wiring.networksOutwards([name]).includes(network)));
}

/**
 * Returns the ports of a host in networks that `fits` accepts. The network of the first port is the present one, because the host may have
 * moved.
 */
function portsIn(
  host: HostNamespace,
  wiring: Wiring,
  fits: (network: string | undefined) => boolean,
): readonly string[] {
  const [first, ...others] = portsOf(host);
  const networks = [wiring.attachment(host.name).network, ...others.map(({ network }) => network)];
  return [first, ...others].flatMap((one, at) => (one !== undefined && fits(networks[at]) ? [one.port] : []));
}
