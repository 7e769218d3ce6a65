import { type Cidr, contains, formatCidr } from "../../runtime/ip/cidr.ts";
import { parseIp } from "../../runtime/plan/values/ip-address.ts";
import { ipOf } from "./address-range.ts";
import type { NumberedHost } from "./host-numbers.ts";
import { interfacesOf } from "./topology.ts";
import type { DeviceDocument, DocumentFault, TopologyDocument } from "./topology-document.ts";

/** Address in a network between hosts, with the name of its owner. */
type UnderlayAddress = readonly [ip: string, owner: string];

/**
 * Returns the faults of devices: keys that `devices` replaces, names and networks that occur twice on a host, and networks that contain an
 * address of a host or a gateway, since datagrams to this address would enter the device.
 */
export function findDeviceFaults(document: TopologyDocument, hosts: readonly NumberedHost[]): readonly DocumentFault[] {
  const underlay = underlayAddresses(document, hosts);
  return Object.entries(document.hosts).flatMap(([name, { devices, tun, virtual }]): readonly DocumentFault[] => {
    if (devices === undefined) return faultsOfDefault(name, hosts, underlay);
    const replaced = [...(tun === undefined ? [] : ["tun"]), ...(virtual === undefined ? [] : ["virtual"])];
    return [
      ...replaced.map((key) => ({ path: ["hosts", name, key], message: "`devices` lists all devices of the host" })),
      ...devices.flatMap((device, at) => faultsOfDevice(device, at, devices, ["hosts", name, "devices", at], underlay)),
    ];
  });
}

/** Returns the fault of the TUN device that the hosts of a group have by default. */
function faultsOfDefault(
  group: string,
  hosts: readonly NumberedHost[],
  underlay: readonly UnderlayAddress[],
): readonly DocumentFault[] {
  const network = hosts.find((host) => host.group === group)?.devices[0]?.network;
  return network === undefined ? [] : coveredAddress(network, ["hosts", group, "virtual"], underlay);
}

function faultsOfDevice(
  { name, address }: DeviceDocument,
  at: number,
  devices: readonly DeviceDocument[],
  path: DocumentFault["path"],
  underlay: readonly UnderlayAddress[],
): readonly DocumentFault[] {
  const earlier = devices.slice(0, at);
  const isTaken = name !== undefined && earlier.some((other) => other.name === name);
  const taken = isTaken ? [{ path: [...path, "name"], message: `another device of the host is named ${name}` }] : [];
  if (address === undefined) return taken;
  const shared = earlier.some((other) => other.address !== undefined && isSameNetwork(address, other.address));
  return [
    ...taken,
    ...coveredAddress(address, [...path, "address"], underlay),
    ...(shared
      ? [
          {
            path: [...path, "address"],
            message: `another device of the host is in the network of ${formatCidr(address)}`,
          },
        ]
      : []),
  ];
}

function coveredAddress(
  network: Cidr,
  path: DocumentFault["path"],
  underlay: readonly UnderlayAddress[],
): readonly DocumentFault[] {
  const covered = underlay.find(([ip]) => contains(network, parseIp(ip) ?? new Uint8Array()));
  if (covered === undefined) return [];
  const [ip, owner] = covered;
  const message = `${formatCidr(network)} contains ${ip}, the address of ${owner}: datagrams to it would enter the device`;
  return [{ path, message }];
}

function isSameNetwork(one: Cidr, other: Cidr): boolean {
  return one.prefix === other.prefix && contains(one, other.bytes);
}

/** Returns the addresses of hosts and NAT gateways in the networks between them, with the names of their owners. */
function underlayAddresses({ networks }: TopologyDocument, hosts: readonly NumberedHost[]): readonly UnderlayAddress[] {
  const gateways = Object.entries(networks).flatMap(([name, { nat }]) =>
    typeof nat === "string" ? [[nat, `the gateway of ${name}`] as const] : [],
  );
  return [
    ...hosts.flatMap((host) => interfacesOf(host).map(({ address }) => [ipOf(address), host.machine] as const)),
    ...gateways,
  ];
}
