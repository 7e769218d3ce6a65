import type { Engine } from "../engine/engine.ts";
import type { PeerCounters } from "../observe/peer-book.ts";
import { SURE_PAYLOAD } from "../path/path-candidates.ts";
import type { Plan } from "../plan/plan.ts";
import type { Pass, World } from "../world/world.ts";
import type { NodeDataflow } from "./dataflow.ts";

/** What a pass through the rules may have changed. */
export interface LedgerParts {
  readonly plan: Plan;
  readonly engine: Engine;
  readonly dataflow: NodeDataflow;
  readonly world: World;
  /** Somebody is told of each tuple. */
  readonly isObserved: boolean;
}

/** A number that counts, and where it stands. */
interface Cell {
  readonly counts: Record<string, number>;
  readonly name: string;
}

interface Change extends Cell {
  readonly by: number;
}

/** Elements that do more with a tuple than pass it on. */
const KEEPERS: ReadonlySet<string> = new Set(["Tcp", "ViewChannel"]);

const PEER_COUNTS = ["sent", "sentBytes", "sentTuples", "received", "receivedBytes", "receivedTuples"] as const;

/**
 * Looks at a node's counters before a packet passes its rules and after, and says whether the next packet like it would do the
 * same, and what it would count. It would where rules alone have run that look at no bytes, where tables have not changed, and
 * where nothing was lost, observed or waiting. `begin` is to be called before the pass, what it returns after it.
 */
export function beginPass(parts: LedgerParts): () => Pass | undefined {
  const cells = [...cellsOf(parts)];
  const before = cells.map(({ counts, name }) => counts[name] as number);
  const misfortunes = misfortunesOf(parts);
  const peers = peersOf(parts).length;
  return () => {
    const changes = cells
      .map(({ counts, name }, at) => ({ counts, name, by: (counts[name] as number) - (before[at] as number) }))
      .filter(({ by }) => by !== 0);
    const isOrdinary = misfortunesOf(parts) === misfortunes && peersOf(parts).length === peers;
    return isOrdinary && isRepeatable(parts, changes) ? passOf(parts, changes) : undefined;
  };
}

function isRepeatable({ plan, engine, dataflow, world, isObserved }: LedgerParts, changes: readonly Change[]): boolean {
  const byOf = (counts: object, name: string): number =>
    changes.find((change) => change.counts === counts && change.name === name)?.by ?? 0;
  if (isObserved || dataflow.ports.mux.length > 0) return false;
  if (byOf(engine.counters, "steps") !== 1 || byOf(engine.counters, "rounds") !== 1) return false;
  if (plan.strands.some(({ id, isBlind }) => !isBlind && byOf(engine.counters.fired, String(id)) !== 0)) return false;
  if (dataflow.elements.some(({ element, counters }) => KEEPERS.has(element) && byOf(counters, "in") !== 0))
    return false;
  return peersOf({ dataflow }).every(
    (peer) => byOf(peer, "sent") === 0 || isSure(peer, byOf(peer, "sentBytes"), world),
  );
}

/** Every path carries it, and the place is where it is as long as there is one. */
function isSure({ address }: PeerCounters, bytes: number, { datagrams }: World): boolean {
  return bytes <= SURE_PAYLOAD && datagrams.numeric?.(address) === address;
}

function passOf({ engine, dataflow, world }: LedgerParts, changes: readonly Change[]): Pass {
  const now = (): number => world.clock.now();
  const heard = peersOf({ dataflow }).filter((peer) =>
    changes.some(({ counts, name }) => counts === countsOf(peer) && name === "received"),
  );
  return {
    holds: engine.store.nextExpiry() - now(),
    count: (times, ago) => {
      for (const { counts, name, by } of changes) (counts[name] as number) += by * times;
      for (const peer of heard) peer.heardAt = Math.max(peer.heardAt ?? -Infinity, now() - ago);
    },
  };
}

function peersOf({ dataflow }: Pick<LedgerParts, "dataflow">): readonly PeerCounters[] {
  return [...dataflow.ports.peers.peers()];
}

function* cellsOf({ engine, dataflow, world }: LedgerParts): Generator<Cell> {
  const { fired, derived } = engine.counters;
  yield* cells(engine.counters, ["steps", "rounds"]);
  for (const byStrand of [fired, derived]) yield* cells(byStrand, Object.keys(byStrand));
  for (const { counters } of dataflow.elements) yield* cells(counters, ["in", "out"]);
  yield* cells(dataflow.demux.ways, ["ip", "overlay"]);
  for (const peer of peersOf({ dataflow })) yield* cells(peer, PEER_COUNTS);
  yield* cells(world.datagrams.counters, ["sent", "sentBytes", "received", "receivedBytes"]);
  if (world.tun !== undefined) yield* cells(world.tun.counters, ["read", "readBytes", "written", "writtenBytes"]);
}

function cells(of: object, names: readonly string[]): readonly Cell[] {
  return names.map((name) => ({ counts: countsOf(of), name }));
}

/** All of its properties that are named are numbers. */
function countsOf(of: object): Record<string, number> {
  return of as Record<string, number>;
}

/** What no packet is to repeat, counted. */
function misfortunesOf({ engine, dataflow, world }: LedgerParts): number {
  const lost = [...dataflow.elements.map(({ counters }) => counters.dropped), world.datagrams.counters.failed];
  if (world.tun !== undefined) lost.push(world.tun.counters.refused);
  const { stopped, failed } = engine.counters;
  const counts = [...lost.flatMap((counts) => [...counts.values()]), ...failed];
  return counts.reduce(
    (sum, count) => sum + count,
    stopped + dataflow.ports.tunTx.rewritten + dataflow.demux.ways.local,
  );
}
