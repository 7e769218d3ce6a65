import type { Engine } from "../engine/engine.ts";
import type { PeerCounters } from "../observe/peer-book.ts";
import { SURE_PAYLOAD } from "../path/path-candidates.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { Pass, World } from "../world/world.ts";
import type { NodeDataflow } from "./dataflow.ts";

/** What a pass through the rules may have changed. */
export interface LedgerParts {
  readonly plan: Plan;
  readonly engine: Engine;
  readonly dataflow: NodeDataflow;
  readonly world: World;
}

type Name = string | number;

/** Numbers that count, and what they were. */
interface Page {
  readonly counts: Record<Name, number>;
  readonly names: readonly Name[];
  readonly before: readonly number[];
}

interface Change {
  readonly counts: object;
  readonly name: Name;
  readonly by: number;
}

/**
 * The tables that a pass may depend on which can be repeated: what blind rules read, and what says who the node is. While these do
 * not change, it can be.
 */
export function tablesOfPasses({ predicates, strands }: Plan): ReadonlySet<number> {
  const own = predicates.filter(({ role }) => role.kind === "localAddr").map(({ id }) => id);
  return new Set([...own, ...strands.flatMap(({ blindReads = [] }) => blindReads)]);
}

/** Elements that do more with a tuple than pass it on. */
const KEEPERS: ReadonlySet<string> = new Set(["Tcp", "ViewChannel"]);

const PEER_COUNTS = ["sent", "sentBytes", "sentTuples", "received", "receivedBytes", "receivedTuples"] as const;

/**
 * Looks at a node's counters before a packet passes its rules and after, and says whether the next packet like it would do the
 * same, and what it would count. It would where rules alone have run that look at no bytes, where tables have not changed, and
 * where nothing was lost, observed or waiting. To be called before the pass, and what it returns after it.
 */
export function beginPass(parts: LedgerParts): () => Pass | undefined {
  const pages = [...pagesOf(parts)];
  const misfortunes = misfortunesOf(parts);
  const peers = peersOf(parts).length;
  return () => {
    if (misfortunesOf(parts) !== misfortunes || peersOf(parts).length !== peers) return undefined;
    const changes = pages.flatMap(changesOn);
    return isRepeatable(parts, changes) ? passOf(parts, changes) : undefined;
  };
}

function isRepeatable({ plan, engine, dataflow, world }: LedgerParts, changes: readonly Change[]): boolean {
  if (dataflow.ports.mux.length > 0) return false;
  if (changeOf(changes, engine.counters, "steps") !== 1) return false;
  if (changeOf(changes, engine.counters, "rounds") !== 1) return false;
  const fired = changes.filter(({ counts }) => counts === engine.counters.fired);
  if (fired.some(({ name }) => plan.strands[Number(name)]?.blindReads === undefined)) return false;
  const keepers = dataflow.elements.filter(({ element }) => KEEPERS.has(element));
  if (keepers.some(({ counters }) => changeOf(changes, counters, "in") !== 0)) return false;
  const sentTo = peersOf({ dataflow }).filter((peer) => changeOf(changes, peer, "sent") !== 0);
  return sentTo.every((peer) => isSure(peer, changes, world));
}

/** One tuple, which every path carries, for a place that is where it is as long as there is one. */
function isSure(peer: PeerCounters, changes: readonly Change[], { datagrams }: World): boolean {
  if (changeOf(changes, peer, "sentTuples") !== 1 || changeOf(changes, peer, "sentBytes") > SURE_PAYLOAD) return false;
  return datagrams.numeric?.(peer.address) === peer.address;
}

function passOf({ engine, dataflow, world }: LedgerParts, changes: readonly Change[]): Pass {
  const now = (): number => world.clock.now();
  const heard = peersOf({ dataflow }).filter((peer) => changeOf(changes, peer, "received") !== 0);
  return {
    holds: engine.store.nextExpiry() - now(),
    count: (times, ago) => {
      for (const { counts, name, by } of changes) (countsIn(counts)[name] as number) += by * times;
      for (const peer of heard) peer.heardAt = Math.max(peer.heardAt ?? -Infinity, now() - ago);
    },
  };
}

function* pagesOf({ engine, dataflow, world }: LedgerParts): Generator<Page> {
  const { fired, derived } = engine.counters;
  yield page(engine.counters, ["steps", "rounds"]);
  for (const byStrand of [fired, derived]) yield page(byStrand, [...byStrand.keys()]);
  for (const { counters } of dataflow.elements) yield page(counters, ["in", "out"]);
  yield page(dataflow.demux.ways, ["ip", "overlay"]);
  for (const peer of peersOf({ dataflow })) yield page(peer, PEER_COUNTS);
  yield page(world.datagrams.counters, ["sent", "sentBytes", "received", "receivedBytes"]);
  if (world.tun !== undefined) yield page(world.tun.counters, ["read", "readBytes", "written", "writtenBytes"]);
}

function page(of: object, names: readonly Name[]): Page {
  const counts = countsIn(of);
  return { counts, names, before: names.map((name) => counts[name] as number) };
}

/** Of what is named all is numbers. */
function countsIn(of: object): Record<Name, number> {
  return of as Record<Name, number>;
}

function changesOn({ counts, names, before }: Page): readonly Change[] {
  const changes = names.map((name, at) => ({ counts, name, by: (counts[name] as number) - (before[at] as number) }));
  return changes.filter(({ by }) => by !== 0);
}

function changeOf(changes: readonly Change[], counts: object, name: Name): number {
  return changes.find((change) => change.counts === counts && change.name === name)?.by ?? 0;
}

function peersOf({ dataflow }: Pick<LedgerParts, "dataflow">): readonly PeerCounters[] {
  return [...dataflow.ports.peers.peers()];
}

/** What no packet is to repeat, counted. */
function misfortunesOf({ engine, dataflow, world }: LedgerParts): number {
  const { stopped, failed } = engine.counters;
  const lost = [...dataflow.elements.map(({ counters }) => counters.dropped), world.datagrams.counters.failed];
  if (world.tun !== undefined) lost.push(world.tun.counters.refused);
  const counts = [...lost.flatMap((reasons) => [...reasons.values()]), ...failed];
  return counts.reduce(
    (sum, count) => sum + count,
    stopped + dataflow.ports.tunTx.rewritten + dataflow.demux.ways.local,
  );
}
