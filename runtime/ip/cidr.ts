import { formatIp, parseIp } from "./ip-address.ts";

/** An address and how many of its leading bits name the network: `100.64.0.1/24`. */
export interface Cidr {
  /** Canonical text of the address. */
  readonly address: string;
  /** The address: 4 bytes, or 16. */
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

export type CidrResult = { readonly ok: true; readonly cidr: Cidr } | { readonly ok: false; readonly message: string };

/** Reads `ADDRESS/PREFIX`, IPv4 or IPv6. The bits after the prefix are kept. */
export function parseCidr(text: string): CidrResult {
  const [address = "", prefix, ...rest] = text.split("/");
  const bytes = parseIp(address);
  if (bytes === undefined) return refuse(text, `${quote(address)} is not an IP address`);
  if (prefix === undefined || rest.length > 0) return refuse(text, "it has the form ADDRESS/PREFIX");
  const bits = bytes.length * 8;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)
    return refuse(text, `the prefix is a number from 0 to ${bits}`);
  return { ok: true, cidr: { address: formatIp(bytes), bytes, prefix: Number(prefix) } };
}

/** The canonical text of a CIDR. */
export function formatCidr(cidr: Cidr): string {
  return `${cidr.address}/${cidr.prefix}`;
}

function refuse(text: string, why: string): CidrResult {
  return { ok: false, message: `bad CIDR ${quote(text)}: ${why}; for example 100.64.0.1/24` };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
