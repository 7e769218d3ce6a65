import { loadNative, type Native } from "../../native/index.ts";
import { parseHostPort } from "../plan/values/host-port.ts";

/** MTU of paths that the kernel does not know. */
const ETHERNET_MTU = 1500;
/** Bound above which longer datagrams are no gain over trains. */
const MTU_MAX = 9000;
/** Least MTU of an IPv4 path. Smaller values are ignored. */
const MTU_MIN = 576;

/** Lengths of the IP header and the UDP header. */
const IPV6_HEADER_BYTES = 48;
const IPV4_HEADER_BYTES = 28;

/** Returns the largest payload that reaches a numeric host unfragmented, by the path MTU that the kernel knows; undefined without one. */
export function unfragmentedPayload(native: Native, host: string, port: number): number | undefined {
  const address = native.socketAddress(host, port);
  const mtu = address === undefined ? 0 : native.pathMtu(address);
  return mtu < MTU_MIN ? undefined : mtu - (host.includes(":") ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES);
}

/**
 * Returns the largest payload that reaches each `host:port` without fragmentation, by the path MTU that the kernel knows now.
 * Names are not looked up.
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
