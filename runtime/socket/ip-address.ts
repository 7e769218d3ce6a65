import { IP_NETWORK } from "../plan/library/functions/addresses.ts";
import { Address } from "../plan/values/address.ts";
import type { Value } from "../plan/values/value.ts";

/** Returns the `host:port` of an address of the IP network, or undefined if the value is none. */
export function ipAddressOf(value: Value | undefined): string | undefined {
  if (typeof value === "string") return value;
  const isOfNetwork = value instanceof Address && value.overlay === IP_NETWORK && value.options.length === 0;
  return isOfNetwork && typeof value.node === "string" ? value.node : undefined;
}
