import { parseCidr } from "../../runtime/ip/cidr.ts";

/** CIDR block of IPv4 addresses. */
export interface AddressRange {
  /** CIDR notation, as `ip` accepts it. */
  readonly text: string;
  readonly base: number;
  readonly size: number;
}

/** Description of the accepted ranges, for error messages. */
export const RANGE_FORMS: string = 'a range of IPv4 addresses as "10.1.0.0/24", of at least 4';

/** Parses a range such as `10.1.0.0/24`. Returns undefined if the text is no range or has fewer than 4 addresses. */
export function parseRange(text: string): AddressRange | undefined {
  const parsed = parseCidr(text);
  if (!parsed.ok || parsed.cidr.bytes.length !== 4 || parsed.cidr.prefix > 30 || parsed.cidr.prefix < 1)
    return undefined;
  const size = 2 ** (32 - parsed.cidr.prefix);
  const base = numberOf(parsed.cidr.address);
  return base % size === 0 ? { text, base, size } : undefined;
}

/** Returns the address at an offset from the start of a range. Offset 0 is the network address. */
export function addressAt({ base }: AddressRange, number: number): string {
  const address = base + number;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function isWithin({ base, size }: AddressRange, ip: string): boolean {
  const number = numberOf(ip);
  return number >= base && number < base + size;
}

export function overlap(one: AddressRange, other: AddressRange): boolean {
  return one.base < other.base + other.size && other.base < one.base + one.size;
}

/** Returns the IP address of an `ip:port`. */
export function ipOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

/** Returns an `ip:port` with another IP address. */
export function withIp(address: string, ip: string): string {
  return `${ip}${address.slice(address.lastIndexOf(":"))}`;
}

function numberOf(ip: string): number {
  return ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
