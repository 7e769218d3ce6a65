import { type Fact, type Peer, peerFacts } from "../../../runtime/node/peer-facts.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { wrongUsage } from "../terminal/failure.ts";

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
