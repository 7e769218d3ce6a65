import { formatHostPort, parseHostPort, unmapped } from "./host-port.ts";
import { formatIp, parseIp } from "./ip-address.ts";
import type { Value } from "./value.ts";

/**
 * Quick test whether a text may be a numeric address: hexadecimal digits, dots and at least one colon, with the brackets, zone, port or
 * prefix of an address.
 */
const MAYBE_NUMERIC =
  /^(?:\[[0-9a-f:.]+(?:%[^\]]*)?\]:\d{1,20}|[\d.]+:\d{1,20}|[0-9a-f:.]*:[0-9a-f:.]*(?:\/\d{1,3})?)$/i;

/**
 * Returns the canonical text (RFC 5952) of a numeric address: `host:port`, an IPv6 address, or an IPv6 address with a prefix length.
 * Addresses of nodes in the IP network are strings, and two texts of one address are different values. Therefore every text that enters a
 * node passes this function. Returns other texts unchanged.
 */
export function canonicalAddress(text: string): string {
  if (!MAYBE_NUMERIC.test(text)) return text;
  const at = parseHostPort(text);
  if (at.ok) return formatHostPort(at.at.host, at.at.port);
  const [address = "", prefix] = text.split("/");
  const bytes = parseIp(address);
  if (bytes === undefined) return text;
  return prefix === undefined ? canonicalIp(bytes) : `${formatIp(bytes)}/${Number(prefix)}`;
}

/**
 * Returns the canonical text of an IP address of 4 or 16 bytes, as the rules see it in packets. An IPv4-mapped address is written as
 * IPv4.
 */
export function canonicalIp(bytes: Uint8Array): string {
  return unmapped(formatIp(bytes));
}

/** Applies `canonicalAddress` to a text. Returns other values unchanged. */
export function withCanonicalAddress<Of extends Value>(value: Of): Of | string {
  return typeof value === "string" ? canonicalAddress(value) : value;
}
