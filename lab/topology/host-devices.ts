import { type Cidr, parseCidr } from "../../runtime/ip/cidr.ts";
import type { Device } from "../../runtime/world/world.ts";
import type { HostDocument, TopologyDocument } from "./topology-document.ts";

/** Device of a host. */
export interface HostDevice {
  readonly kind: Device["kind"];
  readonly name: string;
  /** Address of the device, and its network. Undefined for a TAP device without an address. */
  readonly network: Cidr | undefined;
}

/** Length of the prefix of addresses that the file does not give for single devices. */
const PREFIX = 10;

/** Returns the devices of a host. By default it has one TUN device, with the address `virtual`. */
export function devicesOf(
  { devices, tun, nodes }: HostDocument,
  virtual: string,
  { tun: hasTunByDefault }: Pick<TopologyDocument, "tun">,
): readonly HostDevice[] {
  // A device belongs to one node.
  if (nodes !== undefined) return [];
  if (devices === undefined)
    return (tun ?? hasTunByDefault ?? true)
      ? [{ kind: "tun", name: defaultName(0), network: virtualNetwork(virtual) }]
      : [];
  const taken = new Set(devices.map(({ name }) => name));
  return devices.map(({ kind, name, address }) => {
    const chosen = name ?? freeName(taken);
    taken.add(chosen);
    return { kind, name: chosen, network: address };
  });
}

/** Whether one of the devices is a TUN device. */
export function hasTunDevice(devices: readonly HostDevice[]): boolean {
  return devices.some(({ kind }) => kind === "tun");
}

/** Returns the addresses of the devices of some kinds, in the order of the devices. */
export function addressesOf(
  devices: readonly HostDevice[],
  kinds: readonly Device["kind"][] = ["tun", "tap"],
): readonly string[] {
  return devices.flatMap(({ kind, network }) =>
    network !== undefined && kinds.includes(kind) ? [network.address] : [],
  );
}

function virtualNetwork(virtual: string): Cidr | undefined {
  const parsed = parseCidr(`${virtual}/${PREFIX}`);
  return parsed.ok ? parsed.cidr : undefined;
}

function freeName(taken: ReadonlySet<string | undefined>): string {
  for (let number = 0; ; number++) if (!taken.has(defaultName(number))) return defaultName(number);
}

function defaultName(number: number): string {
  return `mosaic${number}`;
}
