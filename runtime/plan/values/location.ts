import { Address } from "./address.ts";
import type { Value } from "./value.ts";

/** Returns whether a value may follow `overlay::`: a string, an id, another address, or a non-empty list of these (a source route). */
export function isNode(value: Value): boolean {
  if (!Array.isArray(value)) return isHop(value);
  return value.length > 0 && (value as readonly Value[]).every(isHop);
}

function isHop(value: Value): boolean {
  return typeof value === "string" || typeof value === "bigint" || value instanceof Address;
}

/** Greatest length of `host:port`: more than a host name (253 bytes) or an IPv6 address with a zone needs. */
const HOST_PORT_MAX = 300;

/** Returns whether a text has the form `host:port` of a node of the IP network. The host need not exist. */
export function isHostPort(text: string): boolean {
  return text.length <= HOST_PORT_MAX && text.includes(":", 1) && !text.endsWith(":");
}

/** Name that stands for all overlays that are not loaded: a node raises `else.send(Address, Packet)` for their addresses. */
export const ELSE = "else";

/** Names that are reserved for the node: no overlay may have one of them. */
export const RESERVED_OVERLAYS: ReadonlySet<string> = new Set(["node", ELSE, "udp", "tcp", "tap", "flying"]);

const OVERLAY_NAME = /^[a-z][A-Za-z0-9_.]{0,254}$/;

/** Returns whether a text is the name of an overlay. Such a name contains no `::`, so that the text of an address is unambiguous. */
export function isOverlayName(name: string): boolean {
  return OVERLAY_NAME.test(name) && !RESERVED_OVERLAYS.has(name);
}
