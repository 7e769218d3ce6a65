import { addressesOf } from "./host-devices.ts";
import type { Host } from "./topology.ts";

/** Returns a host as peers of another host, which sends to it at `address`: one for each address of its TUN devices. */
export function peersAt(
  { devices }: Host,
  address: string,
): readonly { readonly virtual: string | undefined; readonly address: string }[] {
  const virtuals = addressesOf(devices, ["tun"]);
  return virtuals.length === 0 ? [{ virtual: undefined, address }] : virtuals.map((virtual) => ({ virtual, address }));
}
