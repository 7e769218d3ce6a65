import { Address } from "./address.ts";
import type { Value } from "./value.ts";

/** What may stand behind `overlay::`: a string, an id, another address, or a source route over these. */
export function isNode(value: Value): boolean {
  if (!Array.isArray(value)) return isHop(value);
  return value.length > 0 && (value as readonly Value[]).every(isHop);
}

function isHop(value: Value): boolean {
  return typeof value === "string" || typeof value === "bigint" || value instanceof Address;
}

/** A name of 253 bytes, or an IPv6 address with a zone, and a port are shorter. What is longer is not kept for nothing. */
const HOST_PORT_MAX = 300;

/** `host:port`, a node of the IP network. Whether the host exists is the network's affair. */
export function isHostPort(text: string): boolean {
  return text.length <= HOST_PORT_MAX && text.includes(":", 1) && !text.endsWith(":");
}

const OVERLAY_NAME = /^[a-z][A-Za-z0-9_.]{0,254}$/;

/** Names of this form never make the text of one address that of another. */
export function isOverlayName(name: string): boolean {
  return OVERLAY_NAME.test(name);
}
