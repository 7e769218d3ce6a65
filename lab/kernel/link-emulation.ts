import { spawnSync } from "node:child_process";
import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import type { LinkRule, Topology } from "../topology/topology.ts";

/** What puts the faults of a topology's links into effect. The kernel sees to rates in any case. */
export interface LinkEmulation {
  /** A process that all packets between hosts pass. */
  readonly hasProcess: boolean;
  /** Losses by nftables: it is all there is to do, and the kernel does it without a detour. */
  readonly hasLossRules: boolean;
  /** A train of packets travels packet by packet, so that a link can lose one, and a queue holds what it is said to hold. */
  readonly splitsTrains: boolean;
}

/** The simplest means that do what the links of a topology, and the changes of them, ask for. */
export function chooseLinkEmulation({ links, events }: Pick<Topology, "links" | "events">): LinkEmulation {
  const rules = [...links, ...events.flatMap(({ action }) => (action.kind === "change" ? action.rules : []))];
  const has = (fault: keyof LinkFaults): boolean => rules.some((rule) => hasFault(rule, fault));
  const isLate = has("delay") || has("jitter") || has("reorder") || has("duplicate");
  const hasLossRules = has("loss") && !isLate && hasNft();
  const hasProcess = isLate || (has("loss") && !hasLossRules);
  return { hasProcess, hasLossRules, splitsTrains: hasProcess || hasLossRules || has("rate") };
}

function hasFault({ faults }: LinkRule, fault: keyof LinkFaults): boolean {
  return (faults[fault] ?? 0) > 0;
}

function hasNft(): boolean {
  return spawnSync("nft", ["--version"], { stdio: "ignore" }).status === 0;
}
