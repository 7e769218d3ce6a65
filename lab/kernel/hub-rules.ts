import { FAULTS_TABLE, ipOf, type NamespacePlan } from "./namespace-plan.ts";
import type { Direction } from "../topology/topology.ts";
import type { Wiring } from "../topology/wiring.ts";

/** Priorities of routing rules; smaller ones come first. Cut packets are not delayed, and only remaining packets reach a gateway. */
const PRIORITY = { toGateway: 40, private: 45, cut: 50, faults: 100, inside: 150, leaving: 160 } as const;

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
  const cuts = cut.map((direction) => {
    const { from, to } = ipDirection(wiring, direction);
    return `priority ${PRIORITY.cut} from ${from} to ${to} blackhole`;
  });
  const faults = hosts.map(({ port }) => `priority ${PRIORITY.faults} iif ${port} table ${FAULTS_TABLE}`);
  return [
    ...gateways.flatMap((gateway) => {
      const { network, ip, port, table } = gateway;
      const range = network.range.text;
      const outsideHosts = hosts.filter(({ name }) => wiring.attachment(name).network !== network.name);
      return [
        `priority ${PRIORITY.toGateway} to ${ip} table main`,
        ...outsideHosts.map((host) => `priority ${PRIORITY.private} iif ${host.port} to ${range} blackhole`),
        ...(hasFaults ? [`priority ${PRIORITY.faults} iif ${port} to ${range} table ${FAULTS_TABLE}`] : []),
        `priority ${PRIORITY.inside} from ${range} to ${range} table main`,
        `priority ${PRIORITY.leaving} from ${range} table ${table}`,
      ];
    }),
    ...cuts,
    ...(hasFaults ? faults : []),
  ];
}

/**
 * Returns the addresses that packets from one host to another have in the hub. They are the addresses of the hosts, except if
 * both are behind different gateways: then the source is the visible address of the sender.
 */
export function ipDirection(wiring: Wiring, { from, to }: Direction): Direction {
  const sender = wiring.attachment(from);
  const receiver = wiring.attachment(to);
  const crossesTwoGateways = wiring.gateway(from) !== undefined && wiring.gateway(to) !== undefined;
  const source = crossesTwoGateways && sender.network !== receiver.network ? sender.visible : sender.address;
  return { from: ipOf(source), to: ipOf(receiver.address) };
}

/** Returns the source address of packets that arrive at the receiver. */
export function visibleSource(wiring: Wiring, { from, to }: Direction): string {
  const sender = wiring.attachment(from);
  return ipOf(sender.network === wiring.attachment(to).network ? sender.address : sender.visible);
}
