import type { Engine } from "../engine/engine.ts";
import type { PeerTraffic } from "../observe/peer-counters.ts";
import { MIN_PATH_PAYLOAD } from "../path/path-candidates.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { RecordedRun, World } from "../world/world.ts";
import type { NodeDataflow } from "./dataflow.ts";

/** What a pass through the rules may have changed. */
export interface RunContext {
  readonly plan: Plan;
  readonly engine: Engine;
  readonly dataflow: NodeDataflow;
  readonly world: World;
}

type Name = string | number;

/** Numbers that count, and what they were. */
interface CounterSnapshot {
  readonly counts: Record<Name, number>;
  readonly names: readonly Name[];
  readonly before: readonly number[];
}

interface CounterChange {
  readonly counts: object;
  readonly name: Name;
  readonly by: number;
}

/**
 * The tables that a pass may depend on which can be repeated: what blind rules read, and what says who the node is. While these do
 * not change, it can be.
 */
export function tablesOfCacheableRuns({ predicates, strands }: Plan): ReadonlySet<number> {
  const own = predicates.filter(({ role }) => role.kind === "localAddr").map(({ id }) => id);
  return new Set([...own, ...strands.flatMap(({ cacheableReads = [] }) => cacheableReads)]);
}

const PEER_COUNTS = ["sent", "sentBytes", "sentTuples", "received", "receivedBytes", "receivedTuples"] as const;

/**
 * Looks at a node's counters before a packet passes its rules and after, and says whether the next packet like it would do the
 * same, and what it would count. It would where rules alone have run that look at no bytes, where tables have not changed, and
 * where nothing was lost, observed or waiting. To be called before the pass, and what it returns after it.
 */
export function beginRun(parts: RunContext): () => RecordedRun | undefined {
  const snapshots = [...snapshotsOf(parts)];
  const losses = lossCountOf(parts);
  const peers = peersOf(parts).length;
  return () => {
    if (lossCountOf(parts) !== losses || peersOf(parts).length !== peers) return undefined;
    const changes = snapshots.flatMap(changesOn);
    return isCacheable(parts, changes) ? recordedRunOf(parts, changes) : undefined;
  };
}

function isCacheable({ plan, engine, dataflow, world }: RunContext, changes: readonly CounterChange[]): boolean {
  if (dataflow.ports.mux.length > 0) return false;
  if (changeOf(changes, engine.counters, "steps") !== 1) return false;
  if (changeOf(changes, engine.counters, "rounds") !== 1) return false;
  const fired = changes.filter(({ counts }) => counts === engine.counters.fired);
  if (fired.some(({ name }) => plan.strands[Number(name)]?.cacheableReads === undefined)) return false;
  const stateful = dataflow.elements.filter(({ spec }) => spec.stateful);
  if (stateful.some(({ counters }) => changeOf(changes, counters, "in") !== 0)) return false;
  const sentTo = peersOf({ dataflow }).filter((peer) => changeOf(changes, peer, "sent") !== 0);
  return sentTo.every((peer) => needsNoProbe(peer, changes, world));
}

/** One tuple, which every path carries, for a place that is where it is as long as there is one. */
function needsNoProbe(peer: PeerTraffic, changes: readonly CounterChange[], { datagrams }: World): boolean {
  if (changeOf(changes, peer, "sentTuples") !== 1 || changeOf(changes, peer, "sentBytes") > MIN_PATH_PAYLOAD)
    return false;
  return datagrams.numeric?.(peer.address) === peer.address;
}

function recordedRunOf({ engine, dataflow, world }: RunContext, changes: readonly CounterChange[]): RecordedRun {
  const now = (): number => world.clock.now();
  const receivedFrom = peersOf({ dataflow }).filter((peer) => changeOf(changes, peer, "received") !== 0);
  return {
    validFor: engine.store.nextExpiry() - now(),
    addHits: (times, ago) => {
      for (const { counts, name, by } of changes) (countsIn(counts)[name] as number) += by * times;
      for (const peer of receivedFrom) peer.receivedAt = Math.max(peer.receivedAt ?? -Infinity, now() - ago);
    },
  };
}

function* snapshotsOf({ engine, dataflow, world }: RunContext): Generator<CounterSnapshot> {
  const { fired, derived } = engine.counters;
  yield snapshotOf(engine.counters, ["steps", "rounds"]);
  for (const byStrand of [fired, derived]) yield snapshotOf(byStrand, [...byStrand.keys()]);
  for (const { counters } of dataflow.elements) yield snapshotOf(counters, ["in", "out"]);
  yield snapshotOf(dataflow.demux.ways, ["ip", "overlay"]);
  for (const peer of peersOf({ dataflow })) yield snapshotOf(peer, PEER_COUNTS);
  yield snapshotOf(world.datagrams.counters, ["sent", "sentBytes", "received", "receivedBytes"]);
  if (world.tun !== undefined) yield snapshotOf(world.tun.counters, ["read", "readBytes", "written", "writtenBytes"]);
}

function snapshotOf(of: object, names: readonly Name[]): CounterSnapshot {
  const counts = countsIn(of);
  return { counts, names, before: names.map((name) => counts[name] as number) };
}

/** Of what is named all is numbers. */
function countsIn(of: object): Record<Name, number> {
  return of as Record<Name, number>;
}

function changesOn({ counts, names, before }: CounterSnapshot): readonly CounterChange[] {
  const changes = names.map((name, at) => ({ counts, name, by: (counts[name] as number) - (before[at] as number) }));
  return changes.filter(({ by }) => by !== 0);
}

function changeOf(changes: readonly CounterChange[], counts: object, name: Name): number {
  return changes.find((change) => change.counts === counts && change.name === name)?.by ?? 0;
}

function peersOf({ dataflow }: Pick<RunContext, "dataflow">): readonly PeerTraffic[] {
  return [...dataflow.ports.peers.peers()];
}

/** What no packet is to repeat, counted. */
function lossCountOf({ engine, dataflow, world }: RunContext): number {
  const { stopped, failed } = engine.counters;
  const lost = [...dataflow.elements.map(({ counters }) => counters.dropped), world.datagrams.counters.failed];
  if (world.tun !== undefined) lost.push(world.tun.counters.refused);
  const counts = [...lost.flatMap((reasons) => [...reasons.values()]), ...failed];
  return counts.reduce(
    (sum, count) => sum + count,
    stopped + dataflow.ports.tunTx.rewritten + dataflow.demux.ways.local,
  );
}
