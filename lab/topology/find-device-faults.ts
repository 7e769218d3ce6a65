import { contains, formatCidr } from "../../runtime/ip/cidr.ts";
import { parseIp } from "../../runtime/plan/values/ip-address.ts";
import { ipOf } from "./address-range.ts";
import type { NumberedHost } from "./host-numbers.ts";
import { interfacesOf } from "./topology.ts";
import type { DeviceDocument, DocumentFault, TopologyDocument } from "./topology-document.ts";

/**
 * Returns the faults of `devices`: keys that it replaces, names that occur twice on a host, and networks that contain an address of a host
 * or a gateway, since datagrams to this address would enter the device.
 */
export function findDeviceFaults(document: TopologyDocument, hosts: readonly NumberedHost[]): readonly DocumentFault[] {
  const underlay = underlayAddresses(document, hosts);
  return Object.entries(document.hosts).flatMap(([name, { devices, tun, virtual }]): readonly DocumentFault[] => {
    if (devices === undefined) return [];
    const replaced = [...(tun === undefined ? [] : ["tun"]), ...(virtual === undefined ? [] : ["virtual"])];
    return [
      ...replaced.map((key) => ({ path: ["hosts", name, key], message: "`devices` lists all devices of the host" })),
      ...devices.flatMap((device, at) => faultsOfDevice(device, at, devices, ["hosts", name, "devices", at], underlay)),
    ];
  });
}

function faultsOfDevice(
  { name, address }: DeviceDocument,
  at: number,
  devices: readonly DeviceDocument[],
  path: DocumentFault["path"],
  underlay: readonly (readonly [ip: string, owner: string])[],
): readonly DocumentFault[] {
  const isTaken = name !== undefined && devices.slice(0, at).some((other) => other.name === name);
  const covered = address && underlay.find(([ip]) => contains(address, parseIp(ip) ?? new Uint8Array()));
  return [
    ...(isTaken ? [{ path: [...path, "name"], message: `another device of the host is named ${name}` }] : []),
    ...(address === undefined || covered === undefined
      ? []
      : [
          {
            path: [...path, "address"],
            message: `${formatCidr(address)} contains ${covered[0]}, the address of ${covered[1]}: datagrams to it would enter the device`,
          },
        ]),
  ];
}

/** Returns the addresses of hosts and NAT gateways in the networks between them, with the names of their owners. */
function underlayAddresses(
  { networks }: TopologyDocument,
  hosts: readonly NumberedHost[],
): readonly (readonly [ip: string, owner: string])[] {
  const gateways = Object.entries(networks).flatMap(([name, { nat }]) =>
    typeof nat === "string" ? [[nat, `the gateway of ${name}`] as const] : [],
  );
  return [
    ...hosts.flatMap((host) => interfacesOf(host).map(({ address }) => [ipOf(address), host.machine] as const)),
    ...gateways,
  ];
}
