import { isIP } from "node:net";
import { parseHostPort } from "../../../runtime/ip/host-port.ts";
import { type Fact, type Peer, peerFacts } from "../../../runtime/node/peer-facts.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** `--peer [VIP=]ADDR` */
export function parsePeer(text: string): Peer {
  const [first = "", ...rest] = text.split("=");
  const address = rest.length === 0 ? first : rest.join("=");
  const virtual = rest.length === 0 ? undefined : first;
  if (virtual !== undefined && isIP(virtual) === 0) {
    throw wrongUsage(
      "--peer",
      `\`${virtual}\` is no IP address; write VIRTUAL-IP=HOST:PORT, as in 100.64.0.2=10.0.0.2:10000`,
    );
  }
  const place = parseHostPort(address);
  if (!place.ok) throw wrongUsage("--peer", place.message);
  return { virtual, address };
}

/** What the program is told of the peers; a peer that it cannot be told of is a slip of the command line. */
export function factsOfPeers(plan: Plan, peers: readonly Peer[]): readonly Fact[] {
  const told = peerFacts(plan, peers);
  if (told.ok) return told.facts;
  const { address } = told.peer;
  if (told.problem === "no members") {
    const way = `give \`${address}\` a virtual address for a tunnel: --tun and VIP=${address}`;
    throw wrongUsage("--peer", `no loaded overlay has a table \`member\`; ${way}`);
  }
  const carriers = told.carriers.join(", ");
  throw wrongUsage(
    "--peer",
    `several overlays are loaded (${carriers}); say which carries ${address} with --fact 'addressMap(..)'`,
  );
}
