import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import { ipOf, withIp } from "./address-range.ts";
import {
  type Attachment,
  interfacesOf,
  type Interface,
  type ChangeAction,
  faultsBetween,
  type LinkRule,
  type MoveAction,
  type Network,
  type Topology,
} from "./topology.ts";

/** Part of a topology that the underlay consists of. */
export type WiredTopology = Pick<Topology, "hosts" | "networks" | "links">;

/** Current attachments and link faults of a running topology. At the start they are as in the file; events change them. */
export class Wiring {
  readonly hosts: readonly string[];
  /** First node of each host: the links of a host are those of its first node. */
  readonly machines: readonly string[];
  readonly #machineOf: ReadonlyMap<string, string>;
  readonly #networks: ReadonlyMap<string, Network>;
  readonly #attachments: Map<string, Attachment>;
  readonly #links: LinkRule[];

  constructor({ hosts, networks, links }: WiredTopology) {
    this.hosts = hosts.map(({ name }) => name);
    this.#machineOf = new Map(hosts.map(({ name, machine }) => [name, machine]));
    this.machines = hosts.filter(({ machine }, at) => machine !== hosts[at - 1]?.machine).map(({ name }) => name);
    this.#networks = new Map(networks.map((network) => [network.name, network]));
    this.#attachments = new Map(hosts.map((host) => [host.name, host]));
    this.#links = [...links];
  }

  /** Returns the attachment of a node, by its name. */
  attachment(host: string): Attachment {
    const known = this.#attachments.get(host);
    if (known === undefined) throw new Error(`no host ${host}`);
    return known;
  }

  /** Returns the host's network if it has a NAT gateway with an address. */
  gateway(host: string): Network | undefined {
    const network = this.#networks.get(this.attachment(host).network ?? "");
    return network?.nat === undefined ? undefined : network;
  }

  network(name: string | undefined): Network | undefined {
    return this.#networks.get(name ?? "");
  }

  get networks(): readonly Network[] {
    return [...this.#networks.values()];
  }

  /** Returns the interface of a host in a network. */
  interfaceIn(host: string, network: string): Interface | undefined {
    return interfacesOf(this.attachment(host)).find((one) => one.network === network);
  }

  /** Returns the interface by which a host reaches networks that it is not in. */
  uplink(host: string): Interface {
    const all = interfacesOf(this.attachment(host));
    return all.find(({ network }) => this.network(network)?.gateway !== host) ?? (all[0] as Interface);
  }

  /** Returns the network that two hosts share, in which their link is. Undefined if they share none. */
  sharedNetwork(one: string, other: string): string | undefined {
    const others = new Set(interfacesOf(this.attachment(other)).map(({ network }) => network));
    return interfacesOf(this.attachment(one)).find(({ network }) => network !== undefined && others.has(network))
      ?.network;
  }

  /**
   * Returns the `ip:port` at which a host reaches a node: the node's address in the network that is nearest to the host. If the host
   * reaches no network of the node, the same holds for the node's gateway, then for the gateway of this gateway, and so on. The address of
   * a node stays the same behind gateways that only route.
   */
  addressFor(host: string, peer: string): string {
    const to = this.attachment(peer);
    const reached = this.networksOutwards(interfacesOf(this.attachment(host)).map(({ network }) => network));
    const passed = new Set<string>();
    let interfaces: readonly Interface[] = interfacesOf(to);
    for (;;) {
      const near = reached.find((network) => interfaces.some((one) => one.network === network));
      const found = interfaces.find(({ network }) => network === near);
      if (near !== undefined && found !== undefined) return withIp(to.address, ipOf(found.address));
      const [inner] = interfaces;
      const network = this.network(inner?.network);
      const gateway = network?.gateway;
      if (network === undefined || gateway === undefined || passed.has(gateway)) return to.visible;
      passed.add(gateway);
      interfaces = interfacesOf(this.attachment(gateway))
        .filter((one) => this.network(one.network)?.gateway !== gateway)
        .map((one) => (network.translates || inner === undefined ? one : { ...one, address: inner.address }));
    }
  }

  /**
   * Returns the networks whose gateway is the host, and only routes. Their hosts send and receive with their own addresses by the other
   * interfaces of the host.
   */
  routedBy(host: string): readonly Network[] {
    return this.networks.filter(({ gateway, translates }) => gateway === host && !translates);
  }

  /** Returns the IP addresses of all hosts in a network. */
  addressesIn(network: string): readonly string[] {
    return this.machines.flatMap((host) => {
      const found = this.interfaceIn(host, network);
      return found === undefined ? [] : [ipOf(found.address)];
    });
  }

  /** Returns the given networks and then the networks that their gateways lead to, the nearest first. */
  networksOutwards(inner: readonly (string | undefined)[]): readonly string[] {
    const networks = new Set(inner.filter((network) => network !== undefined));
    for (const network of networks) {
      const gateway = this.network(network)?.gateway;
      if (gateway === undefined) continue;
      for (const { network: next } of interfacesOf(this.attachment(gateway)))
        if (next !== undefined) networks.add(next);
    }
    return [...networks];
  }

  /** Returns the faults of the link between two nodes. There is no link between nodes of one host. */
  faults(from: string, to: string): LinkFaults {
    if (this.#machineOf.get(from) === this.#machineOf.get(to)) return {};
    const shared = this.sharedNetwork(from, to);
    const end = (name: string): Parameters<typeof faultsBetween>[1] => ({
      name,
      network: shared ?? this.uplink(name).network,
    });
    return faultsBetween(this.#links, end(from), end(to));
  }

  apply(action: MoveAction | ChangeAction): void {
    if (action.kind === "change") for (const rule of action.rules) this.#links.push(rule);
    else for (const { host, to } of action.moves) this.#attachments.set(host, to);
  }
}
