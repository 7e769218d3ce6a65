import type { Cidr } from "../../../runtime/ip/cidr.ts";
import type { Device } from "../../../runtime/world/world.ts";
import { wrongUsage } from "../terminal/failure.ts";
import type { OptionUse } from "./command-spec.ts";
import { parseDeviceAddress } from "./device-address.ts";

/** Greatest number of devices of a node. Each needs 0.6 MB for its packets. */
const DEVICES_MAX = 16;

/** A device of the command line. */
export interface DeviceRequest {
  readonly kind: Device["kind"];
  /** Name of the interface; if undefined, the kernel chooses it. */
  readonly name: string | undefined;
  /** Undefined only for a TAP device without `--tun-addr`. */
  readonly address: Cidr | undefined;
  /** MTU in bytes; if undefined, the length of the longest packet that fits into a datagram of the node. */
  readonly mtu: number | undefined;
  /** Whether the device may exchange super-packets (TSO) with the kernel. */
  readonly tso: boolean;
  /** Whether the node restores the device when it is gone, down or without its address. If false, the node ends when the device is gone. */
  readonly restore: boolean;
}

/** Options that hold for all devices of a node. */
export interface DeviceOptions {
  readonly mtu: number | undefined;
  readonly tso: boolean;
  readonly restore: boolean;
  /** Address of `--listen`. */
  readonly listen: string;
}

interface NamedDevice {
  readonly kind: Device["kind"];
  readonly name: string | undefined;
  address: Cidr | undefined;
}

/**
 * Reads the uses of `--tun`, `--tap` and `--tun-addr` in the order of the command line: each address belongs to the device before it.
 * Throws `wrongUsage` for a TUN device without an address, an address without a device, two devices with one name or address, and too many
 * devices.
 */
export function parseDevices(uses: readonly OptionUse[], options: DeviceOptions): readonly DeviceRequest[] {
  const devices: NamedDevice[] = [];
  for (const { option, value } of uses) {
    if (option === "--tun-addr") setAddress(devices, parseDeviceAddress(value ?? "", options.listen));
    else addDevice(devices, option === "--tap" ? "tap" : "tun", value ?? undefined);
  }
  const { mtu, tso, restore } = options;
  for (const { kind, name, address } of devices)
    if (kind === "tun" && address === undefined)
      throw wrongUsage("--tun", `${described(name)} needs an address: --tun-addr 100.64.0.1/24 after it`);
  return devices.map((device) => ({ ...device, mtu, tso, restore }));
}

function addDevice(devices: NamedDevice[], kind: Device["kind"], name: string | undefined): void {
  if (name !== undefined && devices.some((other) => other.name === name))
    throw wrongUsage(`--${kind}`, `two devices are named ${name}`);
  if (devices.length === DEVICES_MAX) throw wrongUsage(`--${kind}`, `a node has at most ${DEVICES_MAX} devices`);
  devices.push({ kind, name, address: undefined });
}

function setAddress(devices: readonly NamedDevice[], address: Cidr): void {
  const device = devices.at(-1);
  if (device === undefined)
    throw wrongUsage(
      "--tun-addr",
      "it belongs to the --tun or --tap before it, and there is none: --tun --tun-addr ADDRESS/PREFIX",
    );
  if (device.address !== undefined)
    throw wrongUsage("--tun-addr", `${described(device.name)} has the address ${device.address.address} already`);
  if (devices.some((other) => other.address?.address === address.address))
    throw wrongUsage("--tun-addr", `two devices have the address ${address.address}`);
  device.address = address;
}

function described(name: string | undefined): string {
  return name === undefined ? "the device" : `the device ${name}`;
}
