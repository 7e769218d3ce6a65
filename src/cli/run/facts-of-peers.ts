import { type Fact, type Peer, peerFacts, peerText } from "../../../runtime/node/peer-facts.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** Returns the facts about the peers of a node. Throws `Failure` if the program has no table for a peer. */
export function factsOfPeers(plan: Plan, peers: readonly Peer[]): readonly Fact[] {
  const result = peerFacts(plan, peers);
  if (result.ok) return result.facts;
  const address = peerText(result.peer);
  if (result.problem === "no members") {
    const advice = `give \`${address}\` a virtual address for a tunnel: --tun and VIP=${address}`;
    throw wrongUsage("--peer", `no loaded overlay has a table \`member\`; ${advice}`);
  }
  if (result.problem === "unknown overlay")
    throw wrongUsage("--peer", `no loaded overlay is named ${result.overlay}, which ${address} belongs to`);
  const carriers = result.carriers.join(", ");
  throw wrongUsage(
    "--peer",
    `several overlays are loaded (${carriers}); name the one that carries ${address} with --fact 'addressMap(..)'`,
  );
}
