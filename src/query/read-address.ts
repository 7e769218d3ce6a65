import type { AddressReading } from "../../runtime/plan/values/address-reading.ts";
import { Address } from "../../runtime/plan/values/address.ts";
import { formatHostPort, parseHostPort } from "../../runtime/plan/values/host-port.ts";
import { isHostPort, RESERVED_OVERLAYS } from "../../runtime/plan/values/location.ts";
import { literalValue } from "./literal-value.ts";

const FORMS = 'write 10.0.0.2:10000, or sr::["10.0.0.2:10000"] for one in an overlay';

/** String literals, whose text is no part of the notation. */
const STRINGS = /"(?:[^"\\]|\\.)*"/g;
const OVERLAYS = /(?<![\w.])([a-z][\w.]*)::/gi;

/**
 * Reads the address of a node that a user enters outside of a program: `host:port`, or a literal of a program. The result is canonical. The
 * overlay of the address need not be loaded, but a reserved name is refused.
 */
export function readAddress(text: string): AddressReading {
  if (parseHostPort(text).ok) return readHostPort(text, text);
  const overlays = overlaysIn(text);
  const reserved = overlays.find((name) => RESERVED_OVERLAYS.has(name));
  if (reserved !== undefined)
    return refuse(text, `\`${reserved}\` is reserved for the node, so no overlay has this name`);
  const value = literalValue(text);
  if (value instanceof Address) return { ok: true, address: value };
  if (typeof value === "string") return readHostPort(text, value);
  return overlays.length > 0 ? refuse(text, FORMS) : readHostPort(text, text);
}

/** The names before `::` in the text, in lower case. None in an IPv6 address. */
function overlaysIn(text: string): readonly string[] {
  if (text.startsWith("[")) return [];
  return [...text.replaceAll(STRINGS, '""').matchAll(OVERLAYS)].map(([, name = ""]) => name.toLowerCase());
}

function readHostPort(text: string, value: string): AddressReading {
  const parsed = parseHostPort(value);
  if (!parsed.ok) return refuse(text, isHostPort(value) ? parsed.why : FORMS);
  const { host, port } = parsed.at;
  return port === 0 ? refuse(text, "no node has port 0") : { ok: true, address: formatHostPort(host, port) };
}

function refuse(text: string, why: string): AddressReading {
  return { ok: false, message: `\`${text}\` is no address: ${why}` };
}
