import type { Engine } from "../engine/engine.ts";
import type { PeerMetrics } from "../observe/metrics-snapshot.ts";
import type { PeerTraffic } from "../observe/peer-counters.ts";
import { Address } from "../plan/values/address.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { Value } from "../plan/values/value.ts";
import type { World } from "../world/world.ts";
import type { NodeDataflow } from "./dataflow.ts";
import { addressMapOf } from "./peer-facts.ts";

interface Parts {
  readonly plan: Plan;
  readonly world: World;
  readonly engine: Engine;
  readonly dataflow: NodeDataflow;
}

/** Returns the metrics of each peer. Traffic from the address to which a name resolves is counted under the name. */
export function peerMetrics(parts: Parts): readonly PeerMetrics[] {
  const { datagrams, clock } = parts.world;
  const now = clock.now();
  const listed = configuredAddresses(parts);
  return joinedByName([...parts.dataflow.ports.peers.peers()], parts.world).map((peer) => {
    const { receivedAt, askedAt, unanswered: _, checkedAt: __, ...counters } = peer;
    const { address } = counters;
    const refusal = datagrams.refusal?.(address) ?? null;
    const payload = parts.dataflow.ports.paths.payload(address);
    const isListed = listed === undefined ? null : listed.has(address);
    const silence = receivedAt === undefined ? null : now - receivedAt;
    const isAwaited = askedAt !== undefined && (receivedAt ?? -Infinity) < askedAt;
    return { ...counters, silence, awaited: isAwaited ? now - askedAt : null, payload, refusal, isListed };
  });
}

/** Adds the traffic of a numeric address to the traffic of the name that resolves to it. */
function joinedByName(peers: readonly PeerTraffic[], { datagrams }: World): readonly PeerTraffic[] {
  const byAddress = new Map(peers.map((peer) => [peer.address, peer]));
  const names = new Map<PeerTraffic, PeerTraffic>();
  for (const peer of peers) {
    const numeric = byAddress.get(datagrams.numeric?.(peer.address) ?? peer.address);
    if (numeric !== undefined && numeric !== peer && !names.has(numeric)) names.set(numeric, peer);
  }
  const named = new Map([...names].map(([numeric, name]) => [name, numeric]));
  return peers.flatMap((peer) => {
    if (names.has(peer)) return [];
    const numeric = named.get(peer);
    return [numeric === undefined ? peer : sum(peer, numeric)];
  });
}

function sum(name: PeerTraffic, numeric: PeerTraffic): PeerTraffic {
  return {
    address: name.address,
    sent: name.sent + numeric.sent,
    sentBytes: name.sentBytes + numeric.sentBytes,
    sentTuples: name.sentTuples + numeric.sentTuples,
    received: name.received + numeric.received,
    receivedBytes: name.receivedBytes + numeric.receivedBytes,
    receivedTuples: name.receivedTuples + numeric.receivedTuples,
    receivedAt: numeric.receivedAt ?? name.receivedAt,
    unanswered: name.unanswered + numeric.unanswered,
    checkedAt: name.checkedAt ?? numeric.checkedAt,
    askedAt: name.askedAt ?? numeric.askedAt,
  };
}

/** Returns the addresses of the peers that `--peer` and other facts list; undefined when the program has no table for them. */
function configuredAddresses({ plan, engine }: Parts): ReadonlySet<string> | undefined {
  const members = plan.overlays.flatMap(({ member }) => (member === undefined ? [] : [member]));
  const map = addressMapOf(plan);
  if (members.length === 0 && map === undefined) return undefined;
  const homes = map === undefined ? [] : column(engine, map, 1);
  const hosts = [...members.flatMap((member) => column(engine, member, 0)), ...homes].map(hostOf);
  return new Set(hosts.filter((host) => typeof host === "string"));
}

function column(engine: Engine, table: number, at: number): readonly (Value | undefined)[] {
  return [...(engine.tables[table]?.rows() ?? [])].map((row) => row[at]);
}

/** Returns the IP address behind an overlay address: `ron::"10.0.0.2:10000"` is reached at 10.0.0.2:10000. */
function hostOf(value: Value | undefined): Value | undefined {
  return value instanceof Address ? hostOf(value.node) : value;
}
