import { isIPv4, isIPv6 } from "node:net";
import { formatIp, parseIp } from "./ip-address.ts";

/** Address of a UDP or TCP socket: a numeric host or a name, and a port. */
export interface HostPort {
  /** Host without brackets. A numeric host is in canonical form (RFC 5952), an IPv4-mapped one is IPv4, and a name is in lower case. */
  readonly host: string;
  readonly port: number;
  /** Undefined for a name. */
  readonly family: 4 | 6 | undefined;
}

export type HostPortResult =
  | { readonly ok: true; readonly at: HostPort }
  /** `message` is a whole sentence about the text, `why` only the reason in it. */
  | { readonly ok: false; readonly message: string; readonly why: string };

const FORMS = "HOST:PORT, with an IPv6 address in brackets: [::1]:10000";
const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

/**
 * Parses `HOST:PORT`. A missing host is refused, because it could mean every interface or only this machine. A name that ends in a
 * number is refused, because it is a mistyped IPv4 address.
 */
export function parseHostPort(text: string): HostPortResult {
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(text);
  if (parts === null) return refuse(text, `it has the form ${FORMS}`);
  const port = parsePort(parts[3] ?? "");
  if (port === undefined) return refuse(text, "the port is a number from 0 to 65535");
  return parts[1] === undefined ? parseHost(text, parts[2] ?? "", port) : parseBracketed(text, parts[1], port);
}

/** Whether a node can have the address: `host:port` with a possible host and a port other than 0. The host need not exist. */
export function isNodeAddress(text: string): boolean {
  const parsed = parseHostPort(text);
  return parsed.ok && parsed.at.port > 0;
}

/** Returns `host:port`, with an IPv6 host in brackets. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Returns the canonical text of a `HOST:PORT`. Returns other texts unchanged. */
export function canonicalHostPort(text: string): string {
  const parsed = parseHostPort(text);
  return parsed.ok ? formatHostPort(parsed.at.host, parsed.at.port) : text;
}

/**
 * Returns the IPv4 address in an IPv4-mapped IPv6 address (`::ffff:10.0.0.1`), which IPv6 sockets report. Returns other addresses
 * unchanged.
 */
export function unmapped(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

function parseHost(text: string, host: string, port: number): HostPortResult {
  if (host === "") return refuse(text, "the host is missing; 0.0.0.0 and [::] stand for every interface");
  if (isIPv4(host)) return { ok: true, at: { host, port, family: 4 } };
  if (!NAME.test(host) || /(?:^|\.)\d+\.?$/.test(host)) return refuse(text, `${quote(host)} is no address and no name`);
  return { ok: true, at: { host: host.toLowerCase(), port, family: undefined } };
}

function parseBracketed(text: string, host: string, port: number): HostPortResult {
  const [address = "", zone] = host.split("%");
  const bytes = isIPv6(host) ? parseIp(address) : undefined;
  if (bytes === undefined) return refuse(text, `${quote(host)} is not an IPv6 address`);
  const problem = zoneProblem(bytes, host);
  if (problem !== undefined) return refuse(text, problem);
  const canonical = formatIp(bytes);
  const ipv4 = unmapped(canonical);
  if (ipv4 !== canonical) return { ok: true, at: { host: ipv4, port, family: 4 } };
  return { ok: true, at: { host: zone === undefined ? canonical : `${canonical}%${zone}`, port, family: 6 } };
}

/**
 * Returns the problem with the zone of an IPv6 address, or undefined if there is none. Link-local addresses need a zone, multicast
 * addresses may have one, and all others must have none.
 */
function zoneProblem(bytes: Uint8Array, host: string): string | undefined {
  const [address = "", zone] = host.split("%");
  const isLinkLocal = bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
  const isMulticast = bytes[0] === 0xff;
  if (zone === undefined) {
    return isLinkLocal ? `a link-local address needs the zone of its interface: [${address}%eth0]` : undefined;
  }
  if (!isLinkLocal && !isMulticast) return "only a link-local address has a zone";
  return /^\d*$/.test(zone) ? `the zone is the name of an interface: [${address}%eth0]` : undefined;
}

function parsePort(text: string): number | undefined {
  return /^\d{1,20}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function refuse(text: string, why: string): HostPortResult {
  return { ok: false, message: `bad address ${quote(text)}: ${why}`, why };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
