import { addressAt, parseRange } from "./address-range.ts";
import { membersOf, nodesOf } from "./host-names.ts";
import type { Attachment } from "./topology.ts";
import type { HostDocument, NetworkDocument, TopologyDocument } from "./topology-document.ts";

/** Host of a topology file, with the addresses from the file or, by default, addresses computed from its number. */
export interface NumberedHost extends Attachment {
  readonly name: string;
  readonly group: string;
  /** Name of the host. Several nodes may run on it. */
  readonly machine: string;
  readonly document: HostDocument;
  readonly virtual: string;
  readonly hasTun: boolean;
}

const PORT = 10_000;

/** Allocator of addresses: hands out the addresses of each network in ascending order. */
export class NetworkAddresses {
  readonly #networks: TopologyDocument["networks"];
  readonly #assigned = new Map<string, number>();

  constructor(networks: TopologyDocument["networks"]) {
    this.#networks = networks;
  }

  /** Returns the next attachment in a network. Hosts behind a NAT gateway get different ports, so that the gateway keeps them. */
  next(network: string): Attachment {
    const { range, nat } = this.#networks[network] as NetworkDocument;
    const number = (this.#assigned.get(network) ?? 0) + 1;
    this.#assigned.set(network, number);
    const parsed = parseRange(range);
    const ip = parsed === undefined ? "" : addressAt(parsed, number);
    return attach(`${ip}:${nat === undefined ? PORT : PORT + number - 1}`, network, nat);
  }
}

function attach(address: string, network: string | undefined, nat: string | undefined): Attachment {
  const visible = nat === undefined ? address : `${nat}${address.slice(address.lastIndexOf(":"))}`;
  return { network, address, visible };
}

/** Returns all hosts of a topology file, numbered from 1. `addresses` allocates the addresses of hosts in networks. */
export function numberedHosts(
  { hosts, tun, networks }: TopologyDocument,
  addresses: NetworkAddresses = new NetworkAddresses(networks),
): readonly NumberedHost[] {
  const all = Object.entries(hosts).flatMap(([group, document]) =>
    membersOf(group, document).map((machine) => ({ machine, group, document })),
  );
  return all.flatMap(({ machine, group, document }, at) => {
    const low = `${((at + 1) >> 8) & 0xff}.${(at + 1) & 0xff}`;
    const { network } = document;
    const known = network === undefined ? undefined : networks[network];
    const attachment =
      known === undefined || network === undefined
        ? attach(`10.${77 + ((at + 1) >> 16)}.${low}:${PORT}`, undefined, undefined)
        : addresses.next(network);
    const first =
      document.address === undefined ? attachment : attach(document.address, attachment.network, known?.nat);
    return nodesOf(machine, document).map((name, node) => ({
      name,
      group,
      machine,
      document,
      ...(node === 0 ? first : attach(withPort(first.address, node), first.network, known?.nat)),
      virtual: document.virtual ?? `100.${64 + ((at + 1) >> 16)}.${low}`,
      // A device belongs to one node.
      hasTun: document.nodes === undefined && (document.tun ?? tun ?? true),
    }));
  });
}

/** Returns the address of the node that follows the first one of a host after `offset` ports. */
function withPort(address: string, offset: number): string {
  const colon = address.lastIndexOf(":");
  return `${address.slice(0, colon)}:${Number(address.slice(colon + 1)) + offset}`;
}
