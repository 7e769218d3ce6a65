import { unmapped } from "../plan/values/host-port.ts";
import { formatIp, parseIp } from "../plan/values/ip-address.ts";

/** Address with the number of leading bits that identify its network: `100.64.0.1/24`. */
export interface Cidr {
  /** Canonical text of the address. */
  readonly address: string;
  /** Address as 4 or 16 bytes. */
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

export type CidrResult = { readonly ok: true; readonly cidr: Cidr } | { readonly ok: false; readonly message: string };

/** Parses `ADDRESS/PREFIX`, IPv4 or IPv6. The bits after the prefix are kept. */
export function parseCidr(text: string): CidrResult {
  const [address = "", prefix, ...rest] = text.split("/");
  const bytes = parseIp(address);
  if (bytes === undefined) return refuse(text, `${quote(address)} is not an IP address`);
  if (formatIp(bytes) !== unmapped(formatIp(bytes)))
    return refuse(text, `write the IPv4 address ${unmapped(formatIp(bytes))}`);
  if (prefix === undefined || rest.length > 0) return refuse(text, "it has the form ADDRESS/PREFIX");
  const bits = bytes.length * 8;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)
    return refuse(text, `the prefix is a number from 0 to ${bits}`);
  return { ok: true, cidr: { address: formatIp(bytes), bytes, prefix: Number(prefix) } };
}

/** Returns the canonical text of a CIDR. */
export function formatCidr(cidr: Cidr): string {
  return `${cidr.address}/${cidr.prefix}`;
}

/** Returns whether an address of 4 or 16 bytes is in the network of a CIDR. */
export function contains({ bytes, prefix }: Cidr, address: Uint8Array): boolean {
  if (bytes.length !== address.length) return false;
  return bytes.every((byte, at) => {
    const bits = Math.max(0, Math.min(8, prefix - 8 * at));
    return (byte ^ (address[at] ?? 0)) >> (8 - bits) === 0;
  });
}

function refuse(text: string, why: string): CidrResult {
  return { ok: false, message: `bad CIDR ${quote(text)}: ${why}; for example 100.64.0.1/24` };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
