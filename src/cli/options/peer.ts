import { canonicalIp } from "../../../runtime/plan/values/canonical-address.ts";
import { formatHostPort, parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import { parseIp } from "../../../runtime/plan/values/ip-address.ts";
import type { Peer } from "../../../runtime/node/peer-facts.ts";
import { Address } from "../../../runtime/plan/values/address.ts";
import { literalValue } from "../../query/literal-value.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** Parses `--peer [VIP=]ADDR`. Both addresses of the result are canonical. */
export function parsePeer(text: string): Peer {
  const [first = "", ...rest] = overlayAddress(text) === undefined ? text.split("=") : [text];
  const address = rest.length === 0 ? first : rest.join("=");
  const virtual = rest.length === 0 ? undefined : first;
  const virtualBytes = virtual === undefined ? undefined : parseIp(virtual);
  if (virtual !== undefined && virtualBytes === undefined) {
    throw wrongUsage(
      "--peer",
      `\`${virtual}\` is not an IP address; write VIRTUAL-IP=HOST:PORT, as in 100.64.0.2=10.0.0.2:10000`,
    );
  }
  return { virtual: virtualBytes && canonicalIp(virtualBytes), address: addressOf(address) };
}

function addressOf(text: string): Peer["address"] {
  const inOverlay = overlayAddress(text);
  if (inOverlay !== undefined) return inOverlay;
  const parsed = parseHostPort(text);
  if (!parsed.ok) throw wrongUsage("--peer", parsed.message);
  return formatHostPort(parsed.at.host, parsed.at.port);
}

/** Returns the overlay address that the text writes in the notation of programs, such as `sr::["10.0.0.2:10000"]`. */
function overlayAddress(text: string): Address | undefined {
  if (!text.includes("::")) return undefined;
  const value = literalValue(text);
  return value instanceof Address ? value : undefined;
}
