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
  readonly #networks: ReadonlyMap<string, Network>;
  readonly #attachments: Map<string, Attachment>;
  readonly #links: LinkRule[];

  constructor({ hosts, networks, links }: WiredTopology) {
    this.hosts = hosts.map(({ name }) => name);
    this.#networks = new Map(networks.map((network) => [network.name, network]));
    this.#attachments = new Map(hosts.map((host) => [host.name, host]));
    this.#links = [...links];
  }

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

  faults(from: string, to: string): LinkFaults {
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
