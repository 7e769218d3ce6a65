import { Address } from "../plan/values/address.ts";
import { formatHostPort, parseHostPort } from "../plan/values/host-port.ts";
import { isHostPort } from "../plan/values/location.ts";
import type { Value } from "../plan/values/value.ts";
import type { Compiler } from "./compiler.ts";

/** Reads the new address of an overlay. Returns a message if the text is no address. */
export function rebindAddress(
  text: string,
  compiler: Pick<Compiler, "value">,
): { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly message: string } {
  const parsed = parseHostPort(text);
  if (parsed.ok && parsed.at.port > 0) return { ok: true, value: formatHostPort(parsed.at.host, parsed.at.port) };
  const value = compiler.value(text);
  if (value instanceof Address || (typeof value === "string" && isHostPort(value))) return { ok: true, value };
  const message = `\`${text}\` is no address: write 10.0.0.2:10000, or sr::["10.0.0.2:10000"] for one in an overlay`;
  return { ok: false, message };
}
