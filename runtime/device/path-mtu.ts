import { loadNative, type Native } from "../../native/index.ts";
import { parseHostPort } from "../plan/values/host-port.ts";

/** MTU that is assumed for a path if the kernel does not know the MTU of the path. */
const ETHERNET_MTU = 1500;
/** Greatest MTU that is used: above it, longer datagrams gain nothing over trains. */
const MTU_MAX = 9000;
/** Least MTU of an IPv4 path. Smaller values are ignored. */
const MTU_MIN = 576;

/** Length of the IP header and the UDP header together. */
const IPV6_HEADER_BYTES = 48;
const IPV4_HEADER_BYTES = 28;

/**
 * Returns the largest payload that reaches a numeric host unfragmented, by the path MTU that the kernel knows; undefined if it knows none.
 */
export function unfragmentedPayload(native: Native, host: string, port: number): number | undefined {
  const address = native.socketAddress(host, port);
  const mtu = address === undefined ? 0 : native.pathMtu(address);
  return mtu < MTU_MIN ? undefined : mtu - (host.includes(":") ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES);
}

/**
 * Returns the largest payload that reaches each `host:port` without fragmentation, by the path MTU that the kernel knows now. Locations
 * with a name are ignored.
 */
export function pathPayload(locations: readonly string[]): number {
  const native = loadNative();
  if ("missing" in native) return ETHERNET_MTU - IPV6_HEADER_BYTES;
  const mtus = locations.flatMap((location) => {
    const parsed = parseHostPort(location);
    const address = parsed.ok ? native.socketAddress(parsed.at.host, parsed.at.port) : undefined;
    const mtu = address === undefined ? 0 : native.pathMtu(address);
    return mtu < MTU_MIN ? [] : [Math.min(mtu, MTU_MAX)];
  });
  return (mtus.length === 0 ? ETHERNET_MTU : mtus.reduce((least, mtu) => Math.min(least, mtu))) - IPV6_HEADER_BYTES;
}

/** Whether the kernel has a route to a numeric host. */
export function hasRoute(native: Native, host: string, port: number): boolean {
  const address = native.socketAddress(host, port);
  return address !== undefined && native.pathMtu(address) > 0;
}
