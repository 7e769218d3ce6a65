/**
 * Churn of simulated Chord nodes, measured as P2 did: several nodes look up the same key at the same time, and the largest group of equal
 * answers counts.
 */
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { type ChordNetwork, inOrder, ownerOf } from "./chord-network.ts";

/** Nodes that ask for each key. */
const ASKING = 10;
/** Members that a new node knows. */
const JOIN_BY = 4;
/** Seconds within which an answer counts. */
const ANSWERED_WITHIN = 6;

export interface ChurnSettings {
  readonly network: ChordNetwork;
  readonly view: "lookup" | "find";
  /** Median lifetime of a node in seconds. Lifetimes are exponential; a new node starts when one stops. */
  readonly medianSession: number;
  readonly seconds: number;
  readonly secondsPerKey: number;
  readonly seed: number;
  /** Addresses of nodes that stay up. */
  readonly kept?: readonly string[];
}

/** Shares of all lookups whose nodes were up until the end of the lookup, from 0 to 1, and traffic. */
export interface ChurnResult {
  readonly completed: number;
  /** Largest agreeing group over the lookups of a key. */
  readonly consistent: number;
  /** Lookups that named the owner among the members when they were made. */
  readonly right: number;
  readonly bytesPerSecond: number;
}

/** Returns a random whole number below another one. */
type Pick = (below: number) => number;

interface Question {
  readonly owner: string;
  readonly numbers: readonly number[];
}

export function churn({
  network,
  view,
  medianSession,
  seconds,
  secondsPerKey,
  seed,
  kept = [],
}: ChurnSettings): ChurnResult {
  const random = streamOf(seed, "churn");
  const pick = (below: number): number => random.integer(below);
  const start = network.simulation.now;
  const count = network.addresses.length;
  const ends = new Map<string, number>();
  const live = (address: string): void => {
    ends.set(address, network.simulation.now - (Math.log(1 - random.next()) * medianSession) / Math.LN2);
  };
  for (const address of network.addresses) if (!kept.includes(address)) live(address);
  const questions: Question[] = [];
  const bytes = network.simulation.network.deliveredBytes;
  let asks = start;
  while (network.simulation.now < start + seconds) {
    const [next = "", end = Infinity] = [...ends].toSorted(([, one], [, other]) => one - other)[0] ?? [];
    network.pass(Math.min(asks, end, start + seconds) - network.simulation.now);
    if (end <= network.simulation.now) {
      network.crash(next);
      ends.delete(next);
      live(network.join(someOf(network.members(), JOIN_BY, pick)));
    }
    if (asks > network.simulation.now) continue;
    asks += secondsPerKey;
    questions.push(ask(network, view, pick, questions.length));
  }
  network.pass(ANSWERED_WITHIN);
  const elapsed = network.simulation.now - start;
  const traffic = (network.simulation.network.deliveredBytes - bytes) / elapsed / count;
  return { ...shares(network, questions), bytesPerSecond: traffic };
}

function someOf(addresses: readonly string[], count: number, pick: Pick): readonly string[] {
  return Array.from({ length: count }, () => addresses[pick(addresses.length)] as string);
}

function ask(network: ChordNetwork, view: "lookup" | "find", pick: Pick, at: number): Question {
  const key = sha1(`key ${at}`);
  const members = inOrder(network.members());
  const from = someOf(members, ASKING, pick);
  return { owner: ownerOf(key, members), numbers: from.map((address) => network.ask(address, key, view)) };
}

function shares(network: ChordNetwork, questions: readonly Question[]): Omit<ChurnResult, "bytesPerSecond"> {
  let [total, completed, consistent, right] = [0, 0, 0, 0];
  for (const { owner, numbers: asked } of questions) {
    const numbers = asked.filter((number) => network.isOver(number));
    total += numbers.length;
    const answers = numbers.flatMap((number) => network.answer(number) ?? []);
    completed += answers.length;
    consistent += Math.max(0, ...answers.map((one) => answers.filter((other) => other === one).length));
    right += answers.filter((address) => address === owner).length;
  }
  return { completed: completed / total, consistent: consistent / total, right: right / total };
}
