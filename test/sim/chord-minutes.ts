import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { type Member, violatedInvariant } from "./chord-invariants.ts";
import { ChordNetwork } from "./chord-network.ts";

export interface MinutesSettings {
  readonly seed: number;
  readonly successors: number;
  /** Number of nodes that join beside the first `successors + 1`. */
  readonly joining: number;
  readonly seconds: number;
}

/** Three minutes of a ring of 4 to 64 nodes, with lists of 2 to 4. Most rings are small: one in 16 has more than 20 nodes. */
export function threeMinutes(seed: number): MinutesSettings {
  const joining = seed % 16 === 0 ? 20 + ((seed / 16) % 40) : seed % 16;
  return { seed, successors: 2 + (seed % 3), joining, seconds: 180 };
}

/** Seconds after a join in which no node crashes, so that no list under way skips the new node. */
const SETTLED_AFTER = 8;

/**
 * Runs a ring in which nodes join and crash at random times, with delays up to 0.2 s. Checks the invariants after each event. No message
 * is lost, and only nodes crash without which the invariants still hold, as the proof assumes. Returns the name of an invariant that is
 * violated.
 */
export function violationWithin({ seed, successors, joining, seconds }: MinutesSettings): string | undefined {
  const random = streamOf(seed, "minutes");
  let isChanged = true;
  const network = new ChordNetwork({
    successors,
    seed,
    faults: { delay: 0.1, jitter: 0.09 },
    onList: () => (isChanged = true),
  });
  let hasFormed = false;
  let violation: string | undefined;
  const members = (without?: string): readonly Member[] =>
    network
      .members()
      .filter((address) => address !== without)
      .map((address) => ({ own: [sha1(address), address], list: network.list(address) }));
  const check = (): boolean => {
    if (!isChanged || violation !== undefined) return violation !== undefined;
    isChanged = false;
    const present = members();
    hasFormed ||= present.length > successors;
    violation = hasFormed ? violatedInvariant(present, successors) : undefined;
    return violation !== undefined;
  };
  let left = joining;
  let joined = 0;
  while (network.simulation.now < seconds && violation === undefined) {
    network.simulation.runUntil(network.simulation.now + 1 + random.next() * 4, check);
    if (violation !== undefined || !hasFormed) continue;
    if (left > 0 && random.next() < 0.6) {
      left--;
      joined = network.simulation.now;
      network.join(network.members());
    } else if (network.simulation.now > joined + SETTLED_AFTER && random.next() < 0.5) {
      const present = network.members();
      const address = present[random.integer(present.length)] as string;
      if (violatedInvariant(members(address), successors) !== undefined) continue;
      network.crash(address);
      isChanged = true;
    }
  }
  return violation;
}
