/**
 * Recorder of runs for the flow cache: compares the counters of the node before and after the run of a packet, and so decides whether the
 * run is cacheable. node.ts installs `beginRun` as the recorder; linux-flow-cache.ts calls it before a run that the addon wants recorded.
 *
 * A run is cacheable if it was one step of one round, fired only strands whose outcome does not depend on the payload, passed no
 * stateful element, lost nothing, left nothing queued, and sent at most one tuple per peer, to a numeric address and in a
 * datagram that every path carries. Then the next packet of the flow has the same effects and advances the same counters.
 */
import type { Engine } from "../engine/engine.ts";
import type { PeerTraffic } from "../observe/peer-counters.ts";
import { MIN_PATH_PAYLOAD } from "../path/path-candidates.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { RecordedRun, World } from "../world/world.ts";
import type { NodeDataflow } from "./dataflow.ts";

/** The parts of a node that a run may change. */
export interface RunContext {
  readonly plan: Plan;
  readonly engine: Engine;
  readonly dataflow: NodeDataflow;
  readonly world: World;
}

type Name = string | number;

/** Values of counters before a run. */
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
 * Returns the ids of the tables that cacheable runs depend on: tables read by payload-independent rules, `localAddr` tables, and the tables
 * of permitted senders. The flow cache must be flushed when one of these tables changes.
 */
export function tablesOfCacheableRuns({ predicates, strands }: Plan): ReadonlySet<number> {
  const localAddresses = predicates.filter(({ role }) => role.kind === "localAddr").map(({ id }) => id);
  const senders = predicates.flatMap(({ accepts = [] }) =>
    accepts.flatMap(({ from }) => (typeof from === "number" ? [from] : [])),
  );
  return new Set([...localAddresses, ...senders, ...strands.flatMap(({ cacheableReads = [] }) => cacheableReads)]);
}

const PEER_COUNTS = ["sent", "sentBytes", "sentTuples", "received", "receivedBytes", "receivedTuples"] as const;

/**
 * Takes a snapshot of the counters. To be called before a run. The returned function is to be called after the run; it returns the recorded
 * run, or undefined if the run is not cacheable.
 */
export function beginRun(context: RunContext): () => RecordedRun | undefined {
  const snapshots = [...snapshotsOf(context)];
  const losses = lossCountOf(context);
  const peers = peersOf(context).length;
  return () => {
    if (lossCountOf(context) !== losses || peersOf(context).length !== peers) return undefined;
    const changes = snapshots.flatMap(changesOn);
    return isCacheable(context, changes) ? recordedRunOf(context, changes) : undefined;
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

/**
 * Whether the send to a peer needs neither a lookup nor a probe: the peer got one tuple, at a numeric address, in a datagram that every
 * path carries, and `Liveness` need not check the peer.
 */
function needsNoProbe(peer: PeerTraffic, changes: readonly CounterChange[], { datagrams }: World): boolean {
  if (changeOf(changes, peer, "sentTuples") !== 1 || changeOf(changes, peer, "sentBytes") > MIN_PATH_PAYLOAD)
    return false;
  // If nothing has come from a peer, `Liveness` must count the first datagrams to it, to start a check. `Liveness` does
  // not see datagrams that the flow cache sends.
  const isUnchecked = peer.receivedAt === undefined && peer.checkedAt === undefined;
  if (isUnchecked && datagrams.probe !== undefined) return false;
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
  for (const { counters } of world.devices)
    yield snapshotOf(counters, ["read", "readBytes", "written", "writtenBytes"]);
}

function snapshotOf(of: object, names: readonly Name[]): CounterSnapshot {
  const counts = countsIn(of);
  return { counts, names, before: names.map((name) => counts[name] as number) };
}

/** Casts an object whose named properties are all numbers. */
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

/**
 * Returns the sum of all losses, failures, header changes, tuples for this node, tuples with a rate, and packets of devices that have no
 * flow cache. A run that increases the sum is not cacheable.
 */
function lossCountOf({ engine, dataflow, world }: RunContext): number {
  const { stopped, failed, limited } = engine.counters;
  const lost = [
    ...dataflow.elements.map(({ counters }) => counters.dropped),
    world.datagrams.counters.failed,
    ...world.devices.map(({ counters }) => counters.refused),
  ];
  const counts = [...lost.flatMap((reasons) => [...reasons.values()]), ...failed, ...limited];
  return counts.reduce(
    (sum, count) => sum + count,
    stopped +
      dataflow.ports.tunTx.rewritten +
      dataflow.demux.ways.local +
      dataflow.countedTuples +
      uncachedPackets(world),
  );
}

/** Returns the number of packets that crossed the devices other than the first TUN device, to which alone the flow cache belongs. */
function uncachedPackets({ devices }: World): number {
  const cached = devices.find(({ kind }) => kind === "tun");
  const others = devices.filter((device) => device !== cached);
  return others.reduce((sum, { counters: { read, written } }) => sum + read + written, 0);
}
