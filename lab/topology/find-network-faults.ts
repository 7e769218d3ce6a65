import { countOf } from "../../runtime/plan/values/count-of.ts";
import { type AddressRange, ipOf, isWithin, overlap, parseRange } from "./address-range.ts";
import { findGatewayFaults } from "./find-gateway-faults.ts";
import { groupsOf } from "./host-names.ts";
import { numberedHosts } from "./host-numbers.ts";
import type { DocumentFault, TopologyDocument } from "./topology-document.ts";

/** Returns the faults of networks that the schema does not find: unknown names, overlapping ranges, addresses outside. */
export function findNetworkFaults(document: TopologyDocument): readonly DocumentFault[] {
  return [
    ...findUnknownNetworks(document),
    ...findOverlaps(document),
    ...findFullNetworks(document),
    ...findOutsideAddresses(document),
    ...findGatewayFaults(document),
  ];
}

function findUnknownNetworks({ networks, hosts, events }: TopologyDocument): readonly DocumentFault[] {
  const known = Object.keys(networks).join(", ");
  const unknown = (path: readonly PropertyKey[], name: string | undefined): readonly DocumentFault[] => {
    if (name === undefined || Object.hasOwn(networks, name)) return [];
    const help = known === "" ? "the file has no networks" : `the known networks are ${known}`;
    return [{ path, message: `there is no network ${JSON.stringify(name)}; ${help}` }];
  };
  return [
    ...Object.entries(hosts).flatMap(([name, { network, networks: several = [] }]) => [
      ...unknown(["hosts", name, "network"], network),
      ...several.flatMap((one, at) => unknown(["hosts", name, "networks", at], one)),
    ]),
    ...events.flatMap(({ to }, at) => unknown(["events", at, "to"], to)),
    ...Object.keys(networks).flatMap((name) =>
      Object.hasOwn(hosts, name) ? [{ path: ["networks", name], message: `a host is named ${name} too` }] : [],
    ),
  ];
}

function rangesOf({ networks }: TopologyDocument): readonly (readonly [string, AddressRange])[] {
  return Object.entries(networks).flatMap(([name, { range }]) => {
    const parsed = parseRange(range);
    return parsed === undefined ? [] : [[name, parsed] as const];
  });
}

function findOverlaps(document: TopologyDocument): readonly DocumentFault[] {
  const ranges = rangesOf(document);
  const { networks } = document;
  return ranges.flatMap(([name, range], at): readonly DocumentFault[] => {
    const other = ranges.slice(0, at).find(([, earlier]) => overlap(earlier, range));
    const inside = Object.entries(networks).find(([, { nat }]) => typeof nat === "string" && isWithin(range, nat));
    return [
      ...(other === undefined
        ? []
        : [{ path: ["networks", name, "range"], message: `overlaps the range of ${other[0]}` }]),
      ...(inside === undefined
        ? []
        : [{ path: ["networks", inside[0], "nat"], message: `is within the range of ${name}` }]),
    ];
  });
}

/** Every host of the network, and every host that moves there, takes an address. The first and last address are reserved. */
function findFullNetworks(document: TopologyDocument): readonly DocumentFault[] {
  const groups = groupsOf(document);
  return rangesOf(document).flatMap(([name, { size }]) => {
    const moving = document.events.flatMap(({ move, to }) => (to === name ? [move ?? []].flat() : []));
    const needed = (groups.get(name)?.length ?? 0) + moving.flatMap((host) => groups.get(host) ?? []).length;
    if (needed <= size - 2) return [];
    return [
      {
        path: ["networks", name, "range"],
        message: `has ${countOf(size - 2, "address", "addresses")} for ${countOf(needed, "host")}`,
      },
    ];
  });
}

function findOutsideAddresses(document: TopologyDocument): readonly DocumentFault[] {
  const ranges = new Map(rangesOf(document));
  const groups = groupsOf(document);
  const hosts = numberedHosts(document).flatMap(({ name, group, network, address }): readonly DocumentFault[] => {
    const ip = ipOf(address);
    const { networks: several = [], address: written } = document.hosts[group] ?? {};
    if (several.length > 1 && written !== undefined) {
      const known = several.flatMap((one) => ranges.get(one) ?? []);
      if (known.length < several.length || known.some((one) => isWithin(one, ipOf(written)))) return [];
      const message = `${name} is in ${several.join(", ")}: expected an address of ${known.map(({ text }) => text).join(" or ")}`;
      return [{ path: ["hosts", group, "address"], message }];
    }
    const range = ranges.get(network ?? "");
    if (range === undefined || isWithin(range, ip)) return [];
    return [
      { path: ["hosts", group, "address"], message: `${name} is in ${network}: expected an address of ${range.text}` },
    ];
  });
  const forwards = Object.entries(document.networks).flatMap(([name, { nat, forward }]): readonly DocumentFault[] => {
    if (forward.length === 0) return [];
    if (nat === undefined || nat === false)
      return [
        { path: ["networks", name, "forward"], message: "needs `nat`: only a gateway that translates forwards ports" },
      ];
    return forward.flatMap((host, at) => {
      const isInside = groups.get(host)?.every((member) => groups.get(name)?.includes(member)) ?? true;
      return isInside ? [] : [{ path: ["networks", name, "forward", at], message: `${host} is not in ${name}` }];
    });
  });
  return [...hosts, ...forwards];
}
