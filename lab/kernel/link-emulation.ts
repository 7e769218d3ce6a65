import { spawnSync } from "node:child_process";
import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import type { LinkRule, Topology } from "../topology/topology.ts";

/** Mechanisms that emulate the faults of links. Rates are always emulated by the kernel. */
export interface LinkEmulation {
  /** Whether all packets between hosts pass the link process. */
  readonly hasProcess: boolean;
  /**
   * Whether nftables drops packets in place of the link process. Only if links have no faults other than loss and rates, and `nft` is
   * installed.
   */
  readonly hasLossRules: boolean;
  /** Whether packet trains are split, so that a link can lose a single packet and a queue has its configured length. */
  readonly splitsTrains: boolean;
}

/**
 * Chooses the simplest mechanisms that emulate all links of a topology and all changes by its events. Rules of nftables cannot tell the two
 * links that a packet passes at a gateway that only routes: its addresses are the same on both.
 */
export function chooseLinkEmulation({
  networks,
  links,
  events,
}: Pick<Topology, "networks" | "links" | "events">): LinkEmulation {
  const isRouted = networks.some(({ gateway, translates }) => gateway !== undefined && !translates);
  const rules = [...links, ...events.flatMap(({ action }) => (action.kind === "change" ? action.rules : []))];
  const has = (fault: keyof LinkFaults): boolean => rules.some((rule) => hasFault(rule, fault));
  const needsProcess = has("delay") || has("jitter") || has("reorder") || has("duplicate");
  const hasLossRules = has("loss") && !needsProcess && !isRouted && hasNft();
  const hasProcess = needsProcess || (has("loss") && !hasLossRules);
  return { hasProcess, hasLossRules, splitsTrains: hasProcess || hasLossRules || has("rate") };
}

function hasFault({ faults }: LinkRule, fault: keyof LinkFaults): boolean {
  return (faults[fault] ?? 0) > 0;
}

function hasNft(): boolean {
  return spawnSync("nft", ["--version"], { stdio: "ignore" }).status === 0;
}
