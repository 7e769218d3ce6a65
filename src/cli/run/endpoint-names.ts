import { formatHostPort, parseHostPort } from "../../../runtime/ip/host-port.ts";
import { isUnspecified, isLoopback } from "../options/address-scope.ts";
import type { Log } from "../terminal/log.ts";

/** What the node answers to: what others see, what was asked for, and what the socket is bound to. */
export function endpointNames(listen: string, address: string | undefined, bound: string): readonly string[] {
  const asked = parseHostPort(listen);
  const real = parseHostPort(bound);
  if (!asked.ok || !real.ok) return [bound];
  const named = formatHostPort(asked.at.host, real.at.port);
  return [...new Set([...(address === undefined ? [] : [address]), named, bound])];
}

/** Says what follows from a name that others cannot, or can, reach. */
export function warnAboutAddress(name: string, log: Log): void {
  if (!parseHostPort(name).ok) return;
  if (isUnspecified(name)) log.warn(`nobody can answer ${name}; say with --addr HOST:PORT what others see`);
  if (isLoopback(name)) return;
  log.warn("links are not authenticated; whoever can reach this address can speak to this node");
}
