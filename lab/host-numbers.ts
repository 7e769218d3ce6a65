import { membersOf } from "./host-names.ts";
import type { HostDocument, TopologyDocument } from "./topology-document.ts";

/** A host of a topology file, with the addresses it is given there or else has from its number. */
export interface NumberedHost {
  readonly name: string;
  readonly group: string;
  readonly document: HostDocument;
  readonly address: string;
  readonly virtual: string;
  readonly hasTun: boolean;
}

const PORT = 10_000;

/** All hosts of a topology file, counted from 1. */
export function numberedHosts({ hosts, tun }: TopologyDocument): readonly NumberedHost[] {
  const all = Object.entries(hosts).flatMap(([group, document]) =>
    membersOf(group, document).map((name) => ({ name, group, document })),
  );
  return all.map(({ name, group, document }, at) => {
    const low = `${((at + 1) >> 8) & 0xff}.${(at + 1) & 0xff}`;
    return {
      name,
      group,
      document,
      address: document.address ?? `10.${77 + ((at + 1) >> 16)}.${low}:${PORT}`,
      virtual: document.virtual ?? `100.${64 + ((at + 1) >> 16)}.${low}`,
      hasTun: document.tun ?? tun ?? true,
    };
  });
}
