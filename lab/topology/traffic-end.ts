import { addressesOf, type HostDevice } from "./host-devices.ts";

/** End of a traffic. The file names a host, or the address of one of its devices. */
export interface TrafficEnd {
  readonly host: string;
  /** Address that the file names; undefined if it names the host. */
  readonly named: string | undefined;
  /** Address of the device. Traffic to a host goes to its first address. */
  readonly address: string | undefined;
}

/** The ends that traffic may have, by their names in the file: hosts, and addresses of their devices. */
export type TrafficEndsByName = ReadonlyMap<string, TrafficEnd>;

export function trafficEnds(
  hosts: readonly { readonly name: string; readonly devices: readonly HostDevice[] }[],
): TrafficEndsByName {
  const ends = new Map<string, TrafficEnd>();
  for (const { name: host, devices } of hosts) {
    const addresses = addressesOf(devices);
    for (const address of addresses) ends.set(address, { host, named: address, address });
    ends.set(host, { host, named: undefined, address: addresses[0] });
  }
  return ends;
}
