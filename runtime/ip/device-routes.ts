import { type Cidr, contains } from "./cidr.ts";

/** Device as a target of packets. */
interface Target {
  readonly name: string;
  /** Address and network of the device. Absent if it has no address. */
  readonly network?: Cidr | undefined;
}

/** The devices of one kind that a node has, in the order of the command line, and the choice among them. */
export class DeviceRoutes<Device extends Target> {
  readonly all: readonly Device[];
  readonly #byName: ReadonlyMap<string, Device>;
  /** Devices with an address, those with the longest prefix first. */
  readonly #bySpecificity: readonly Device[];

  constructor(devices: readonly Device[]) {
    this.all = devices;
    this.#byName = new Map(devices.map((device) => [device.name, device]));
    this.#bySpecificity = devices
      .filter(({ network }) => network !== undefined)
      .toSorted((one, other) => prefixOf(other) - prefixOf(one));
  }

  named(name: string): Device | undefined {
    return this.#byName.get(name);
  }

  /**
   * Returns the device whose network contains an address of 4 or 16 bytes: of several the one with the longest prefix, and the first device
   * of the command line if no network contains the address.
   */
  toward(address: Uint8Array): Device | undefined {
    return (
      this.#bySpecificity.find(({ network }) => network !== undefined && contains(network, address)) ?? this.all[0]
    );
  }
}

function prefixOf({ network }: Target): number {
  return network?.prefix ?? 0;
}
