import { canonicalIp } from "../../../runtime/plan/values/canonical-address.ts";
import { formatHostPort, parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import { parseIp } from "../../../runtime/plan/values/ip-address.ts";
import type { Peer } from "../../../runtime/node/peer-facts.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** Parses `--peer [VIP=]ADDR`. Both addresses of the result are canonical. */
export function parsePeer(text: string): Peer {
  const [first = "", ...rest] = text.split("=");
  const address = rest.length === 0 ? first : rest.join("=");
  const virtual = rest.length === 0 ? undefined : first;
  const virtualBytes = virtual === undefined ? undefined : parseIp(virtual);
  if (virtual !== undefined && virtualBytes === undefined) {
    throw wrongUsage(
      "--peer",
      `\`${virtual}\` is not an IP address; write VIRTUAL-IP=HOST:PORT, as in 100.64.0.2=10.0.0.2:10000`,
    );
  }
  const parsed = parseHostPort(address);
  if (!parsed.ok) throw wrongUsage("--peer", parsed.message);
  const { host, port } = parsed.at;
  return { virtual: virtualBytes && canonicalIp(virtualBytes), address: formatHostPort(host, port) };
}
