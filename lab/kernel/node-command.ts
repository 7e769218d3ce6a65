import { join } from "node:path";
import type { Namespaces } from "./namespaces.ts";
import type { Plans } from "../topology/programs.ts";
import { formatCidr } from "../../runtime/ip/cidr.ts";
import { peersAt } from "../topology/peers-at.ts";
import { announcedBy, type Host, type Topology } from "../topology/topology.ts";

/** Settings that all nodes of a lab share. */
export interface NodeSetup {
  readonly topology: Topology;
  readonly plans: Plans;
  readonly namespaces: Namespaces;
  /** The path of the `mosaic` command. */
  readonly mosaic: string;
  /** The folder for captures of the packets that each host sends and receives; undefined for no captures. */
  readonly captures: string | undefined;
}

/**
 * Returns the command line of a host's node, or of its nodes, at its present attachment. `start` counts the starts of the host's nodes,
 * from 1.
 */
export function nodeCommand(host: Host, setup: NodeSetup, start: number): readonly string[] {
  const { topology, plans, namespaces, mosaic, captures } = setup;
  const { wiring } = namespaces;
  const attachment = wiring.attachment(host.name);
  const nodes = topology.hosts.filter(({ machine }) => machine === host.machine);
  const hasSeveral = attachment.others.length > 0;
  const isOneOfMany = host.name !== host.machine;
  const peerNames = new Set(nodes.flatMap((one) => one.peers));
  const peers = topology.hosts.filter((peer) => peerNames.has(peer.name));
  return [
    mosaic,
    "run",
    ...host.programs,
    "--listen",
    // A host that moves gets a new address later. A node that is bound to all addresses follows the move.
    host.moves || hasSeveral
      ? `0.0.0.0${attachment.address.slice(attachment.address.lastIndexOf(":"))}`
      : attachment.address,
    ...announcedBy(attachment).flatMap((address) => ["--addr", address]),
    ...host.devices.flatMap(({ kind, name, network }) => [
      `--${kind}=${name}`,
      ...(network === undefined ? [] : ["--tun-addr", formatCidr(network)]),
    ]),
    ...peers.flatMap((peer) =>
      peersAt(peer, wiring.addressFor(host.name, peer.name)).flatMap(({ virtual, address }) => [
        "--peer",
        virtual === undefined ? address : `${virtual}=${address}`,
      ]),
    ),
    ...[...host.defines].flatMap(([name, value]) => ["-D", `${name}=${value}`]),
    ...host.facts.flatMap((fact) => ["--fact", fact]),
    ...[...host.secrets].flatMap(([name, path]) => ["--secret", `${name}=${path}`]),
    ...plans.watchedOn(host, topology).flatMap((predicate) => ["--watch", predicate]),
    ...(isOneOfMany ? ["--nodes", String(nodes.length)] : []),
    // The hosts of a lab reach each other only.
    "--insecure",
    "--control",
    isOneOfMany ? namespaces.socketFolder(host.machine) : namespaces.socketOf(host.name),
    ...(captures === undefined
      ? []
      : ["--pcap", join(captures, `${host.machine}${start === 1 ? "" : `.${start}`}.pcapng`)]),
    "--json",
  ];
}
