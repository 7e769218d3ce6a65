import { isIP } from "node:net";
import { parseHostPort } from "../../../runtime/ip/host-port.ts";
import type { Peer } from "../../../runtime/node/peer-facts.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** Parses `--peer [VIP=]ADDR`. */
export function parsePeer(text: string): Peer {
  const [first = "", ...rest] = text.split("=");
  const address = rest.length === 0 ? first : rest.join("=");
  const virtual = rest.length === 0 ? undefined : first;
  if (virtual !== undefined && isIP(virtual) === 0) {
    throw wrongUsage(
      "--peer",
      `\`${virtual}\` is not an IP address; write VIRTUAL-IP=HOST:PORT, as in 100.64.0.2=10.0.0.2:10000`,
    );
  }
  const parsed = parseHostPort(address);
  if (!parsed.ok) throw wrongUsage("--peer", parsed.message);
  return { virtual, address };
}
