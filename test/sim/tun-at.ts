import { parseCidr } from "../../runtime/ip/cidr.ts";
import type { SimDeviceSettings } from "../../runtime/sim/sim-device.ts";

/** Settings of a TUN device with an address in 100.64.0.0/10. */
export function tunAt(address: string, mtu: number): SimDeviceSettings {
  const parsed = parseCidr(`${address}/10`);
  if (!parsed.ok) throw new Error(parsed.message);
  return { kind: "tun", name: "mosaic0", network: parsed.cidr, mtu };
}
