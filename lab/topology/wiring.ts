import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import {
  type Attachment,
  type ChangeAction,
  faultsBetween,
  type LinkRule,
  type MoveAction,
  type Network,
  type Topology,
} from "./topology.ts";

/** Part of a topology that the underlay consists of. */
export type WiredTopology = Pick<Topology, "hosts" | "networks" | "links">;

/** Current attachments and link faults of a running topology: the initial ones of the file, then changed by events. */
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

  /** Returns the host's network if it has a NAT gateway. */
  gateway(host: string): Network | undefined {
    const network = this.#networks.get(this.attachment(host).network ?? "");
    return network?.nat === undefined ? undefined : network;
  }

  /** Returns the faults of the link between two nodes. There is no link between nodes of one host. */
  faults(from: string, to: string): LinkFaults {
    if (this.#machineOf.get(from) === this.#machineOf.get(to)) return {};
    const end = (name: string): Parameters<typeof faultsBetween>[1] => ({
      name,
      network: this.attachment(name).network,
    });
    return faultsBetween(this.#links, end(from), end(to));
  }

  apply(action: MoveAction | ChangeAction): void {
    if (action.kind === "change") for (const rule of action.rules) this.#links.push(rule);
    else for (const { host, to } of action.moves) this.#attachments.set(host, to);
  }
}
