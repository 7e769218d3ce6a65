import { addressAt, ipOf, isWithin, parseRange } from "./address-range.ts";
import { devicesOf, type HostDevice } from "./host-devices.ts";
import { membersOf, networksOf, nodesOf } from "./host-names.ts";
import { outwardNetworks } from "./outward-networks.ts";
import type { Attachment, Interface } from "./topology.ts";
import type { HostDocument, NetworkDocument, TopologyDocument } from "./topology-document.ts";
import { type GatewayInterfaces, visibleAddress } from "./visible-address.ts";

/** Host of a topology file. Its addresses come from the file; by default they are computed from the number of the host. */
export interface NumberedHost extends Attachment {
  readonly name: string;
  readonly group: string;
  /** Name of the host. Several nodes may run on it. */
  readonly machine: string;
  readonly document: HostDocument;
  readonly devices: readonly HostDevice[];
}

const PORT = 10_000;

/** Allocator of addresses: hands out the addresses of each network in ascending order. */
export class NetworkAddresses {
  readonly #document: TopologyDocument;
  readonly #assigned = new Map<string, number>();
  /** Number of ports assigned so far behind each gateway that translates addresses. The networks behind one gateway share its ports. */
  readonly #ports = new Map<string, number>();
  #gateways: GatewayInterfaces = new Map();

  constructor(document: TopologyDocument) {
    this.#document = document;
  }

  /** Sets the addresses of gateways that are hosts. Attachments behind them need these. */
  setGateways(gateways: GatewayInterfaces): void {
    this.#gateways = gateways;
  }

  /**
   * Returns the next interface in a network. Hosts behind the same gateway get different ports, so that the gateway need not translate the
   * ports. If the gateway is a host, its own node has port 10000. A gateway that only routes needs no ports.
   */
  next(network: string): Interface {
    const { range = "" } = this.#document.networks[network] ?? {};
    const number = (this.#assigned.get(network) ?? 0) + 1;
    this.#assigned.set(network, number);
    const parsed = parseRange(range);
    const ip = parsed === undefined ? "" : addressAt(parsed, number);
    return { network, address: `${ip}:${PORT + this.#nextPort(network)}` };
  }

  /** Returns the offset of the next port behind the first gateway that translates, outwards from a network. 0 without such a gateway. */
  #nextPort(start: string): number {
    const { networks } = this.#document;
    const network = outwardNetworks(start, this.#document).find((name) => (networks[name]?.nat ?? false) !== false);
    if (network === undefined) return 0;
    // The node of a host that is the gateway has the first port.
    const gateway = networks[network]?.gateway ?? network;
    const port = this.#ports.get(gateway) ?? (gateway === network ? 0 : 1);
    this.#ports.set(gateway, port + 1);
    return port;
  }

  /** Returns the attachment of a host that moves to a network. */
  nextAttachment(network: string): Attachment {
    return this.attach(this.next(network), []);
  }

  attach({ network, address }: Interface, others: readonly Interface[]): Attachment {
    const visible = visibleAddress({ network, address }, this.#document.networks, this.#gateways);
    return { network, address, visible, others };
  }
}

/** Returns all hosts of a topology file, numbered from 1. `addresses` allocates the addresses of hosts in networks. */
export function numberedHosts(
  document: TopologyDocument,
  addresses: NetworkAddresses = new NetworkAddresses(document),
): readonly NumberedHost[] {
  const { hosts } = document;
  const all = Object.entries(hosts).flatMap(([group, host]) =>
    membersOf(group, host).map((machine) => ({ machine, group, document: host })),
  );
  const placed = all.map((one, at) => ({ ...one, interfaces: interfacesAt(one, at, document, addresses) }));
  addresses.setGateways(new Map(placed.map(({ machine, interfaces }) => [machine, interfaces])));
  return placed.flatMap(({ machine, group, document: host, interfaces }, at) => {
    const [first, ...others] = interfaces as [Interface, ...Interface[]];
    return nodesOf(machine, host).map((name, node) => ({
      name,
      group,
      machine,
      document: host,
      ...addresses.attach({ ...first, address: withPort(first.address, node) }, others),
      devices: devicesOf(host, host.virtual ?? `100.${64 + ((at + 1) >> 16)}.${lowBytes(at)}`, document),
    }));
  });
}

/** Returns the interfaces of the host number `at`, counted from 0. The interface with the address that its node announces is first. */
function interfacesAt(
  { machine, document: host }: { readonly machine: string; readonly document: HostDocument },
  at: number,
  { networks }: TopologyDocument,
  addresses: NetworkAddresses,
): readonly Interface[] {
  const known = networksOf(host).filter((network) => Object.hasOwn(networks, network));
  const found = known.map((network) => addresses.next(network));
  const { address } = host;
  if (found.length === 0)
    return [{ network: undefined, address: address ?? `10.${77 + ((at + 1) >> 16)}.${lowBytes(at)}:${PORT}` }];
  if (found.length === 1) return [{ network: found[0]?.network, address: address ?? found[0]?.address ?? "" }];
  // If one of its networks is behind a gateway, the host needs a port that no other host behind this gateway has.
  const inner = found.find(({ network }) => isBehind(networks[network ?? ""], machine))?.address;
  const written = address ?? inner;
  const port = written?.slice(written.lastIndexOf(":") + 1) ?? String(PORT);
  // An address that is in none of the networks is a fault, which `findFaults` reports.
  const main = address === undefined ? 0 : known.findIndex((network) => contains(networks[network]?.range, address));
  const all = found.map((one, index) => ({
    network: one.network,
    address: index === main && address !== undefined ? address : `${ipOf(one.address)}:${port}`,
  }));
  return main <= 0 ? all : [all[main] as Interface, ...all.filter((_, index) => index !== main)];
}

/** Whether a network is behind a gateway other than the host. */
function isBehind(network: NetworkDocument | undefined, machine: string): boolean {
  return typeof network?.nat === "string" || (network?.gateway !== undefined && network.gateway !== machine);
}

function contains(range: string | undefined, address: string): boolean {
  const parsed = parseRange(range ?? "");
  return parsed !== undefined && isWithin(parsed, ipOf(address));
}

function lowBytes(at: number): string {
  return `${((at + 1) >> 8) & 0xff}.${(at + 1) & 0xff}`;
}

/** Returns the address of the node whose port is `offset` above the port of the host's first node. */
function withPort(address: string, offset: number): string {
  const colon = address.lastIndexOf(":");
  return `${address.slice(0, colon)}:${Number(address.slice(colon + 1)) + offset}`;
}
