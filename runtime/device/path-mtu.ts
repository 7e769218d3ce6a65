import { loadNative } from "../../native/index.ts";
import { parseHostPort } from "../ip/host-port.ts";

/** Where nobody knows better. */
const ETHERNET_MTU = 1500;
/** Beyond it a train is no gain. */
const MTU_MAX = 9000;
/** What every path of IPv4 carries; less is not believed. */
const MTU_MIN = 576;

/** An IPv6 header and that of UDP: the larger of the two that may stand before a payload. */
const HEADER_BYTES = 48;

/**
 * The largest payload that goes to each of these `host:port` in one piece, as far as the kernel knows its ways now. Names are
 * not asked for.
 */
export function pathPayload(places: readonly string[]): number {
  const native = loadNative();
  if ("missing" in native) return ETHERNET_MTU - HEADER_BYTES;
  const mtus = places.flatMap((place) => {
    const parsed = parseHostPort(place);
    const address = parsed.ok ? native.socketAddress(parsed.at.host, parsed.at.port) : undefined;
    const mtu = address === undefined ? 0 : native.pathMtu(address);
    return mtu < MTU_MIN ? [] : [Math.min(mtu, MTU_MAX)];
  });
  return (mtus.length === 0 ? ETHERNET_MTU : Math.min(...mtus)) - HEADER_BYTES;
}
