import { canonicalIp } from "../../../runtime/plan/values/canonical-address.ts";
import { parseIp } from "../../../runtime/plan/values/ip-address.ts";
import type { Peer } from "../../../runtime/node/peer-facts.ts";
import { readAddress } from "../../query/read-address.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** Parses `--peer [VIP=]ADDR`. Both addresses of the result are canonical. */
export function parsePeer(text: string): Peer {
  // The `=` in `sr::["a=b:1"]` is part of the address.
  const isWhole = text.includes("::") && readAddress(text).ok;
  const [first = "", ...rest] = isWhole ? [text] : text.split("=");
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
  const reading = readAddress(text);
  if (!reading.ok) throw wrongUsage("--peer", reading.message);
  return reading.address;
}
