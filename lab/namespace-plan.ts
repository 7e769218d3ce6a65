import type { Host, Way } from "./topology.ts";

/**
 * The namespaces of a lab: one for each host, and a hub that joins them.
 *
 *   host a ── eth0 ═══ h1 ──┐
 *   host b ── eth0 ═══ h2 ──┤ hub, which forwards
 *   host c ── eth0 ═══ h3 ──┘
 *
 * A host sends everything to the hub. A cut is a rule of the hub that drops what comes from one host for another, without
 * a word to either. When links have faults, the hub hands all packets to a device of its own, `links`, behind which a
 * process delays, loses and repeats them.
 */
export interface NamespacePlan {
  /** What all names of this lab's namespaces begin with, and no others. */
  readonly prefix: string;
  readonly hub: string;
  /** Namespaces of the hosts, in their order. */
  readonly hosts: readonly HostNamespace[];
}

export interface HostNamespace {
  readonly name: string;
  readonly namespace: string;
  /** The hub's interface towards the host. */
  readonly port: string;
  readonly ip: string;
}

/** The device behind which the faults of links happen. */
export const LINKS_DEVICE = "links";

/** No host has it, and it is never seen by anybody but the hosts' routing tables. */
const GATEWAY = "169.254.77.1";

const FAULTS_TABLE = 77;
/** Rules of smaller numbers come first: what is cut is not delayed. */
const PRIORITY = { cut: 50, faults: 100 } as const;

/** `pid` makes the names those of one process. */
export function planNamespaces(hosts: readonly Host[], pid: number): NamespacePlan {
  const prefix = `mz${pid}-`;
  return {
    prefix,
    // No host can have this name.
    hub: `${prefix}HUB`,
    hosts: hosts.map(({ name, address }, at) => ({
      name,
      namespace: `${prefix}${name}`,
      port: `h${at + 1}`,
      ip: address.slice(0, address.lastIndexOf(":")),
    })),
  };
}

/** Input of `ip -batch -`: the namespaces themselves. */
export function creationBatch({ hub, hosts }: NamespacePlan): string {
  return batch([hub, ...hosts.map((host) => host.namespace)].map((namespace) => `netns add ${namespace}`));
}

/** Input of `ip -n HUB -batch -`: a port to each host. */
export function hubBatch({ hosts }: NamespacePlan): string {
  return batch(
    hosts.flatMap(({ namespace, port, ip }) => [
      `link add ${port} type veth peer name eth0 netns ${namespace}`,
      `addr add ${GATEWAY}/32 dev ${port}`,
      `link set ${port} up`,
      `route add ${ip}/32 dev ${port}`,
    ]),
  );
}

/** Input of `ip -n HOST -batch -`: everything goes to the hub. */
export function hostBatch({ ip }: HostNamespace): string {
  return batch([
    "link set lo up",
    `addr add ${ip}/32 dev eth0`,
    "link set eth0 up",
    `route add ${GATEWAY}/32 dev eth0`,
    `route add default via ${GATEWAY} dev eth0 src ${ip}`,
  ]);
}

/** Input of `ip -n HUB -batch -`: from now on packets between hosts go through the device of the faults. */
export function faultsBatch({ hosts }: NamespacePlan): string {
  const rules = hosts.map(({ port }) => `rule add priority ${PRIORITY.faults} iif ${port} table ${FAULTS_TABLE}`);
  return batch([`route add default dev ${LINKS_DEVICE} table ${FAULTS_TABLE}`, ...rules]);
}

/** Input of `ip -n HUB -batch -`: cuts or heals these ways. */
export function waysBatch({ hosts }: NamespacePlan, kind: "cut" | "heal", ways: readonly Way[]): string {
  const verb = kind === "cut" ? "add" : "del";
  const byName = new Map(hosts.map((host) => [host.name, host]));
  return batch(
    ways.map(({ from, to }) => {
      const [port, ip] = [byName.get(from)?.port ?? "", byName.get(to)?.ip ?? ""];
      return `rule ${verb} priority ${PRIORITY.cut} iif ${port} to ${ip}/32 blackhole`;
    }),
  );
}

/** A shell command that lets the namespace it runs in forward packets, whatever way they come back. */
export const FORWARDING: string = [
  "echo 1 > /proc/sys/net/ipv4/ip_forward",
  "echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter",
  "echo 0 > /proc/sys/net/ipv4/conf/default/rp_filter",
].join(" && ");

function batch(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
