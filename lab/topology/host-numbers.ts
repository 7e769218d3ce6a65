import { addressAt, parseRange } from "./address-range.ts";
import { membersOf } from "./host-names.ts";
import type { Attachment } from "./topology.ts";
import type { HostDocument, NetworkDocument, TopologyDocument } from "./topology-document.ts";

/** A host of a topology file, with the addresses it is given there or else has from its number. */
export interface NumberedHost extends Attachment {
  readonly name: string;
  readonly group: string;
  readonly document: HostDocument;
  readonly virtual: string;
  readonly hasTun: boolean;
}

const PORT = 10_000;

/** Gives the hosts of each network their addresses, one after the other. */
export class NetworkAddresses {
  readonly #networks: TopologyDocument["networks"];
  readonly #assigned = new Map<string, number>();

  constructor(networks: TopologyDocument["networks"]) {
    this.#networks = networks;
  }

  /** The next place in a network. Behind a gateway each host has a port of its own, so that all keep theirs outside. */
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

/** All hosts of a topology file, counted from 1. `addresses` gives those in networks theirs. */
export function numberedHosts(
  { hosts, tun, networks }: TopologyDocument,
  addresses: NetworkAddresses = new NetworkAddresses(networks),
): readonly NumberedHost[] {
  const all = Object.entries(hosts).flatMap(([group, document]) =>
    membersOf(group, document).map((name) => ({ name, group, document })),
  );
  return all.map(({ name, group, document }, at) => {
    const low = `${((at + 1) >> 8) & 0xff}.${(at + 1) & 0xff}`;
    const { network } = document;
    const known = network === undefined ? undefined : networks[network];
    const attachment =
      known === undefined || network === undefined
        ? attach(`10.${77 + ((at + 1) >> 16)}.${low}:${PORT}`, undefined, undefined)
        : addresses.next(network);
    return {
      name,
      group,
      document,
      ...(document.address === undefined ? attachment : attach(document.address, attachment.network, known?.nat)),
      virtual: document.virtual ?? `100.${64 + ((at + 1) >> 16)}.${low}`,
      hasTun: document.tun ?? tun ?? true,
    };
  });
}
