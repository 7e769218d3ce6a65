import type { Values } from "../plan/values/value.ts";

/** Returns the key of a peer that knows this node as `receiver`. The key is the first column of the peer's rows in the inlet tables. */
export function peerKey(source: string, receiver: string): string {
  return `${source} ${receiver}`;
}

/** Whether a row of an inlet table comes from a peer and not from this node under another name. Only keys of peers contain a blank. */
export function isOfPeer([peer]: Values): boolean {
  return typeof peer === "string" && peer.includes(" ");
}
