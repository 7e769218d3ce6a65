import type { MetricsSnapshot, PeerMetrics } from "../../../runtime/observe/metrics-snapshot.ts";
import { isUnspecified } from "../options/address-scope.ts";

/** Datagrams to somebody who has never answered before that is worth a line. */
const MIN_UNANSWERED = 3;
/** Seconds without a word from somebody who is spoken to. */
const MAX_SILENCE_SECONDS = 10;
const NEARLY_FULL_SHARE = 0.9;
/** Of the event loop: seconds. */
const MAX_LATENESS_SECONDS = 0.1;

/** What is wrong with a node, as far as its figures show it, in sentences that name the cause. */
export function diagnoseNode(metrics: MetricsSnapshot): readonly string[] {
  return [
    ...withoutAddress(metrics),
    ...refusedSends(metrics),
    ...unroutedPackets(metrics),
    ...silentPeers(metrics),
    ...fullQueues(metrics),
    ...fullTables(metrics),
    ...drops(metrics),
    ...emptyMemberships(metrics),
    ...failures(metrics),
    ...lateness(metrics),
  ];
}

/** What each reason means to a person; others stand for themselves. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["unresolved", "the name has no address"],
  ["bad address", "that is no HOST:PORT"],
  ["EAFNOSUPPORT", "an IPv6 address, and this node has an IPv4 socket"],
  ["ENETUNREACH", "there is no route to that network"],
  ["EHOSTUNREACH", "there is no route to that host"],
  ["ECONNREFUSED", "nobody listens at that port"],
  ["EPERM", "a firewall of this host forbids it"],
  ["EACCES", "a broadcast address, or a firewall of this host forbids it"],
  ["ENOBUFS", "the socket's buffer is full"],
  ["too long", "a datagram beyond the largest payload"],
  ["no address", "the location is no HOST:PORT and no overlay address"],
  ["unknown overlay", "the location names an overlay that no loaded program defines"],
  ["queue full", "steps come faster than the node runs them"],
  ["unknown predicate", "no loaded program here knows what was sent: do both nodes run the same programs?"],
  ["not accepted", "a loaded program knows the tuple, and the network may not bring it: see `accept`"],
  ["wrong type", "an argument has a type that the program does not expect"],
  ["tcp: turned away", "connections came faster than rules accept them, or there are too many sockets"],
  ["hop limit", "a packet went round in a loop"],
]);

function explained(reason: string): string {
  const words = REASONS.get(reason);
  return words === undefined ? reason : `${reason} (${words})`;
}

function withoutAddress({ node }: MetricsSnapshot): readonly string[] {
  if (!isUnspecified(node)) return [];
  return [`this node calls itself ${node}, where nobody can answer it: say with --addr HOST:PORT what others see`];
}

function refusedSends({ network }: MetricsSnapshot): readonly string[] {
  return Object.entries(network.failed).map(
    ([reason, count]) => `${count} datagrams could not be sent: ${explained(reason)}`,
  );
}

function unroutedPackets({ tun }: MetricsSnapshot): readonly string[] {
  return Object.entries(tun?.strays ?? {}).map(
    ([destination, count]) =>
      `${count} packets for ${destination} went nowhere: no rule knows a way to it (a member or peer that this node was not told of?)`,
  );
}

function silentPeers({ peers }: MetricsSnapshot): readonly string[] {
  return peers.flatMap(({ address, sent, silence, refusal }): readonly string[] => {
    if (refusal !== null) return [`nothing can be sent to ${address}: ${explained(refusal)}`];
    if (sent < MIN_UNANSWERED) return [];
    if (silence === null)
      return [`${address} has never answered (${sent} datagrams sent): ${whySilent(address, peers)}`];
    if (silence < MAX_SILENCE_SECONDS) return [];
    return [`${address} has been silent for ${silence.toFixed(0)} s`];
  });
}

/** Who speaks to this node and is never spoken to, or only answered, is perhaps the one that was meant. */
function whySilent(address: string, peers: readonly PeerMetrics[]): string {
  if (isUnspecified(address)) return "so does a node call itself that was not told its address (--addr)";
  const strangers = peers.filter((peer) => peer.silence !== null && peer.isTold !== true && peer.address.includes(":"));
  const unasked = strangers.filter(({ sent }) => sent === 0);
  const wrong = "perhaps a wrong address, for";
  if (unasked.length > 0) return `${wrong} ${listed(unasked)} heard and never sent to`;
  const untold = strangers.filter(({ isTold }) => isTold === false);
  if (untold.length > 0) return `${wrong} ${listed(untold)} heard, and this node was not told of it (--peer)`;
  return "a dead link, a wrong address, or no node there";
}

function listed(peers: readonly PeerMetrics[]): string {
  const names = peers.map(({ address }) => address).slice(0, 3);
  return `${names.join(", ")} ${names.length === 1 ? "is" : "are"}`;
}

function fullQueues({ queues }: MetricsSnapshot): readonly string[] {
  return queues.flatMap(({ queue, length, limit, unit, dropped }): readonly string[] => {
    if (unit === "timers") return [];
    if (dropped > 0)
      return [`the queue of ${queue} was full: ${dropped} ${unit} dropped, ${length} of ${limit ?? "any"} wait now`];
    if (limit === null || length < limit * NEARLY_FULL_SHARE) return [];
    return [`the queue of ${queue} is nearly full: ${length} of ${limit} ${unit}`];
  });
}

function fullTables({ tables, steps }: MetricsSnapshot): readonly string[] {
  const full = tables.filter(({ rows, limit }) => limit !== null && limit > 1 && rows >= limit);
  if (steps.evicted === 0 || full.length === 0) return [];
  const names = full.map(({ table, limit }) => `${table} (${limit})`).join(", ");
  return [`${steps.evicted} rows left because a table was full; at their size now: ${names}`];
}

function drops({ elements }: MetricsSnapshot): readonly string[] {
  return elements.flatMap(({ element, dropped }) =>
    Object.entries(dropped)
      .filter(([reason]) => reason !== "queue full")
      .map(([reason, count]) => `${element} dropped ${count}: ${explained(reason)}`),
  );
}

/** An overlay that knows nobody carries nothing. */
function emptyMemberships({ tables }: MetricsSnapshot): readonly string[] {
  return tables
    .filter(({ table, rows }) => rows === 0 && /(?:^|\.)(?:member|addressMap)$/.test(table))
    .map(({ table }) => `${table} is empty: this node has been told of no peer (--peer)`);
}

function failures({ rules, steps }: MetricsSnapshot): readonly string[] {
  const failed = rules
    .filter((rule) => rule.failed > 0)
    .map(({ rule, file, line, failed: count }) => `rule ${rule} (${file}:${line}): ${count} derivations had no value`);
  const stopped =
    steps.stopped === 0 ? [] : [`${steps.stopped} steps passed a limit and were taken back; the log names the rule`];
  const sums = steps.failedAggregates === 0 ? [] : [`${steps.failedAggregates} aggregates had no value`];
  return [...failed, ...stopped, ...sums];
}

function lateness({ eventLoop }: MetricsSnapshot): readonly string[] {
  if (eventLoop === null || eventLoop.p99 < MAX_LATENESS_SECONDS) return [];
  return [`the process is late: timers and sockets wait up to ${(eventLoop.p99 * 1000).toFixed(0)} ms`];
}
