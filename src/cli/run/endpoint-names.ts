import { listenNames } from "../../../runtime/node/own-addresses.ts";
import { parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import { isUnspecified, isLoopback } from "../options/address-scope.ts";
import type { Log } from "../terminal/log.ts";

/** Names that the node answers to: the addresses that others see (`--addr`), the address of `--listen`, and the bound address. */
export function endpointNames(listen: string, addresses: readonly string[], bound: string): readonly string[] {
  return [...new Set([...addresses, ...listenNames(listen, bound)])];
}

/** Warns about an address to which no peer can send, and about one that other machines can reach if the links have no keys. */
export function warnAboutAddress(name: string, areLinksOpen: boolean, log: Log): void {
  if (!parseHostPort(name).ok) return;
  if (isUnspecified(name))
    log.warn(`no peer can send to ${name}: no device of this host has an address yet; --addr HOST:PORT gives one`);
  if (isLoopback(name) || !areLinksOpen) return;
  log.warn("links are not authenticated: anybody who can reach this address can send tuples to this node");
}
