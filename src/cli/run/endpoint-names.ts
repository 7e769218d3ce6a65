import { formatHostPort, parseHostPort } from "../../../runtime/ip/host-port.ts";
import type { Log } from "../terminal/log.ts";

/** What the node answers to: what others see, what was asked for, and what the socket is bound to. */
export function ownNames(listen: string, address: string | undefined, bound: string): readonly string[] {
  const asked = parseHostPort(listen);
  const real = parseHostPort(bound);
  if (!asked.ok || !real.ok) return [bound];
  const named = formatHostPort(asked.at.host, real.at.port);
  return [...new Set([...(address === undefined ? [] : [address]), named, bound])];
}

/** Says what follows from a name that others cannot, or can, reach. */
export function warnOfName(name: string, log: Log): void {
  if (!parseHostPort(name).ok) return;
  if (isEverywhere(name)) log.warn(`nobody can answer ${name}; say with --addr HOST:PORT what others see`);
  if (isLoopback(name)) return;
  log.warn("links are not authenticated; whoever can reach this address can speak to this node");
}

/** An address to listen at, and none to send to. */
export function isEverywhere(name: string): boolean {
  const host = parseHostPort(name);
  return host.ok && ["0.0.0.0", "::"].includes(host.at.host);
}

/** An address that only this machine reaches. */
export function isLoopback(name: string): boolean {
  const address = parseHostPort(name);
  if (!address.ok) return false;
  const { host } = address.at;
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
