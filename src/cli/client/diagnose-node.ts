/**
 * Diagnosis of a running node from its metrics. `metrics-screen.ts` shows the result as PROBLEMS of `mosaic top`. Each function below
 * looks for one kind of problem and returns each instance of it.
 */
import { countOf } from "../../../runtime/plan/values/count-of.ts";
import { collisionText } from "../../../runtime/node/address-collisions.ts";
import type { MetricsSnapshot, PeerMetrics } from "../../../runtime/observe/metrics-snapshot.ts";
import { isUnspecified } from "../options/address-scope.ts";

/** Problem of a node. `mosaic top --json` prints it as it is. */
export interface HealthProblem {
  readonly subject: ProblemSubject;
  /** One sentence for people, which names the subject too. */
  readonly text: string;
}

/** Part that the problem concerns. `node`: the node itself; `destination`: an address to which packets of the device go. */
export interface ProblemSubject {
  readonly kind: "node" | "peer" | "destination" | "queue" | "table" | "element" | "rule";
  readonly name: string;
}

function problem(kind: ProblemSubject["kind"], name: string, text: string): HealthProblem {
  return { subject: { kind, name }, text };
}

/** If the first probe to a peer is unanswered for this time, its silence is a problem. By then three probes have been sent. */
const MIN_AWAITED_SECONDS = 3;
/** Time after which a silent peer is a problem. */
const MAX_SILENCE_SECONDS = 10;
const NEARLY_FULL_SHARE = 0.9;
/** Lateness of the event loop that is a problem. */
const MAX_LATENESS_SECONDS = 0.1;

/** Returns the problems that the metrics of a node show, with their causes. Problems of the node itself precede problems of peers. */
export function diagnoseNode(metrics: MetricsSnapshot): readonly HealthProblem[] {
  return [
    ...hostWithoutAddress(metrics),
    ...missingAddresses(metrics),
    ...emptyMemberships(metrics),
    ...lateness(metrics),
    ...diagnoseFailures(metrics),
    ...silentPeers(metrics),
  ];
}

/** Returns the problems in which something failed or was dropped, without problems that are only suspected, such as silent peers. */
export function diagnoseFailures(metrics: MetricsSnapshot): readonly HealthProblem[] {
  return [
    ...brokenDevice(metrics),
    ...failures(metrics),
    ...fullQueues(metrics),
    ...fullTables(metrics),
    ...failedSends(metrics),
    ...drops(metrics),
    ...collisions(metrics),
    ...unroutedPackets(metrics),
    ...unknownDevices(metrics),
    ...refusedPeers(metrics),
  ];
}

/** Explanations of drop reasons and error codes. A reason that explains itself is not listed. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["unresolved", "the name has no address"],
  ["bad address", "the address is not HOST:PORT"],
  ["EAFNOSUPPORT", "the address is IPv6, the socket of this node is IPv4"],
  ["EINVAL", "the kernel refuses it: a node at a loopback address (--listen) reaches no other host"],
  ["ENETUNREACH", "no route to that network"],
  ["EHOSTUNREACH", "no route to that host"],
  ["ECONNREFUSED", "nobody listens at that port"],
  ["EPERM", "a firewall of this host forbids it"],
  ["EACCES", "a broadcast address, or a firewall of this host forbids it"],
  ["ENOBUFS", "the socket's buffer is full"],
  ["unknown destination", "no host of the topology has the address"],
  ["too long", "the datagram exceeds the maximum payload"],
  ["no address", "the location is neither HOST:PORT nor an overlay address"],
  ["unknown overlay", "the location names an overlay that no loaded program defines"],
  ["queue full", "tuples arrive faster than the node processes them"],
  ["unknown predicate", "no loaded program has this predicate: do both nodes run the same programs?"],
  ["not accepted", "the loaded programs do not accept this predicate from the network: see `accept`"],
  ["wrong type", "the program expects another type for an argument"],
  ["tcp: turned away", "connections arrive faster than rules accept them, or there are too many sockets"],
  ["udp: no socket", "no open socket has the number that the rule sends by"],
  ["own datagram", "the route to a peer leads into a TUN device"],
  ["hop limit", "the packet was in a routing loop"],
]);

function explain(reason: string): string {
  const explanation = REASONS.get(reason);
  return explanation === undefined ? reason : `${reason} (${explanation})`;
}

function hostWithoutAddress({ node, network }: MetricsSnapshot): readonly HealthProblem[] {
  if (network.problem !== undefined) {
    const known = isUnspecified(node) ? "" : `: this node is still ${node} for others`;
    return [problem("node", node, `${network.problem}${known}`)];
  }
  if (!isUnspecified(node)) return [];
  const text = `the address of this node is ${node}, to which no peer can send: give the address that others see with --addr HOST:PORT`;
  return [problem("node", node, text)];
}

function brokenDevice({ node, devices }: MetricsSnapshot): readonly HealthProblem[] {
  return devices.flatMap(({ problem: text }) => (text === undefined ? [] : [problem("node", node, text)]));
}

function failedSends({ node, network, udp }: MetricsSnapshot): readonly HealthProblem[] {
  const own = Object.entries(network.failed).map(([reason, count]) =>
    problem("node", node, `${countOf(count, "datagram")} could not be sent: ${explain(reason)}`),
  );
  const ofRules = Object.entries(udp?.unsent ?? {}).map(([reason, count]) =>
    problem("node", node, `${countOf(count, "datagram")} of \`udp.send\` could not be sent: ${explain(reason)}`),
  );
  return [...own, ...ofRules];
}

function unroutedPackets({ devices }: MetricsSnapshot): readonly HealthProblem[] {
  return devices.flatMap(({ name, unrouted }) =>
    Object.entries(unrouted).map(([destination, count]) =>
      problem(
        "destination",
        destination,
        `${countOf(count, "packet")} ${devices.length === 1 ? "" : `of ${name} `}for ${destination} ` +
          `${count === 1 ? "was" : "were"} not sent: no rule has a route to it (is a member or --peer missing?)`,
      ),
    ),
  );
}

function unknownDevices({ node, devices, unknownDevices: counts }: MetricsSnapshot): readonly HealthProblem[] {
  const known = devices.map(({ name }) => name).join(", ");
  return Object.entries(counts).map(([name, count]) =>
    problem(
      "node",
      node,
      `${countOf(count, "packet")} for the device ${name} ${count === 1 ? "was" : "were"} dropped: this node has only ${known}`,
    ),
  );
}

function refusedPeers({ peers }: MetricsSnapshot): readonly HealthProblem[] {
  return peers.flatMap(({ address, refusal }) =>
    refusal === null ? [] : [problem("peer", address, `nothing can be sent to ${address}: ${explain(refusal)}`)],
  );
}

function collisions({ collisions: all }: MetricsSnapshot): readonly HealthProblem[] {
  return all.map((collision) => {
    const times =
      collision.count === 1 ? "" : ` (${collision.count} times, the last ${collision.age.toFixed(0)} s ago)`;
    return problem("destination", collision.virtual, collisionText(collision) + times);
  });
}

function silentPeers({ peers }: MetricsSnapshot): readonly HealthProblem[] {
  return peers.flatMap(({ address, sent, silence, awaited, refusal }): readonly HealthProblem[] => {
    const ofPeer = (text: string): readonly HealthProblem[] => [problem("peer", address, text)];
    // Messages of programs need no answer from their receiver, so silence is a problem only if probes are unanswered.
    if (refusal !== null || awaited === null || awaited < MIN_AWAITED_SECONDS) return [];
    if (silence === null)
      return ofPeer(`${address} has never answered (${countOf(sent, "datagram")} sent): ${whySilent(address, peers)}`);
    if (silence < MAX_SILENCE_SECONDS) return [];
    return ofPeer(`${address} has been silent for ${silence.toFixed(0)} s`);
  });
}

/**
 * Suggests why a peer is silent. If another node sends to this node, and this node sends it at most answers, the address of the peer may
 * be wrong and the other node may be the intended peer.
 */
function whySilent(address: string, peers: readonly PeerMetrics[]): string {
  if (isUnspecified(address)) return "a node that was started without --addr has this address";
  const candidates = peers.filter(
    (peer) => peer.silence !== null && peer.isListed !== true && peer.address.includes(":"),
  );
  const neverSentTo = candidates.filter(({ sent }) => sent === 0);
  const wrong = "perhaps the address is wrong:";
  if (neverSentTo.length > 0) return `${wrong} this node receives from ${listNames(neverSentTo)} and never sends there`;
  const unannounced = candidates.filter(({ isListed }) => isListed === false);
  if (unannounced.length > 0)
    return `${wrong} this node receives from ${listNames(unannounced)}, which is not a member (--peer)`;
  return "the link is down, the address is wrong, or no node runs there";
}

function listNames(peers: readonly PeerMetrics[]): string {
  return peers
    .map(({ address }) => address)
    .slice(0, 3)
    .join(", ");
}

function fullQueues({ queues }: MetricsSnapshot): readonly HealthProblem[] {
  return queues.flatMap(({ queue, length, limit, unit, dropped }): readonly HealthProblem[] => {
    if (unit === "timers") return [];
    const ofQueue = (text: string): readonly HealthProblem[] => [problem("queue", queue, text)];
    if (dropped > 0)
      return ofQueue(
        `the queue of ${queue} was full: ${dropped} ${unit} dropped, ${length} of ${limit ?? "any"} wait now`,
      );
    if (limit === null || length < limit * NEARLY_FULL_SHARE) return [];
    return ofQueue(`the queue of ${queue} is nearly full: ${length} of ${limit} ${unit}`);
  });
}

function fullTables({ node, tables, steps }: MetricsSnapshot): readonly HealthProblem[] {
  const full = tables.filter(({ rows, limit }) => limit !== null && limit > 1 && rows >= limit);
  if (steps.evicted === 0 || full.length === 0) return [];
  const names = full.map(({ table, limit }) => `${table} (${limit})`).join(", ");
  return [
    problem(
      "node",
      node,
      `${countOf(steps.evicted, "row")} ${steps.evicted === 1 ? "was" : "were"} evicted from full tables; full now: ${names}`,
    ),
  ];
}

function drops({ elements }: MetricsSnapshot): readonly HealthProblem[] {
  return elements.flatMap(({ element, dropped }) =>
    Object.entries(dropped)
      // Other functions report these with more details.
      .filter(([reason]) => !["queue full", "tun: unknown device", "tap: unknown device"].includes(reason))
      .map(([reason, count]) => problem("element", element, `${element} dropped ${count}: ${explain(reason)}`)),
  );
}

/** Problems of empty tables `member` and `addressMap`: without a row in them, nothing can be sent to a peer. */
function emptyMemberships({ tables }: MetricsSnapshot): readonly HealthProblem[] {
  return tables
    .filter(({ table, rows }) => rows === 0 && /(?:^|\.)(?:member|addressMap)$/.test(table))
    .map(({ table }) => problem("table", table, `${table} is empty: this node has no peer (--peer)`));
}

/** Problems of empty tables `localAddr`: while an overlay or node has no own address, heads with a location have no value. */
function missingAddresses({ tables }: MetricsSnapshot): readonly HealthProblem[] {
  return tables
    .filter(({ table, rows }) => rows === 0 && /(?:^|\.)localAddr$/.test(table))
    .map(({ table }) =>
      problem("table", table, `${table} is empty: without an own address its rules send nothing to other nodes`),
    );
}

function failures({ node, rules, steps, refused }: MetricsSnapshot): readonly HealthProblem[] {
  const failed = rules
    .filter((rule) => rule.failed > 0)
    .map(({ rule, file, line, failed: count }) =>
      problem(
        "rule",
        rule,
        `rule ${rule} (${file}:${line}): ${countOf(count, "derivation")} failed: an expression had no value`,
      ),
    );
  const limited = rules
    .filter((rule) => rule.limited > 0)
    .map(({ rule, file, line, limited: count }) =>
      problem(
        "rule",
        rule,
        `rule ${rule} (${file}:${line}): ${countOf(count, "tuple")} not sent: too many for one location (--send-rate)`,
      ),
    );
  const stopped = refused.map(({ cause, limit, rule, count }) => {
    const where = rule === "" ? "" : ` in rule ${rule}`;
    const were = count === 1 ? "was" : "were";
    const text = `${countOf(count, "step")} exceeded the limit of ${limit}${where} and ${were} rolled back; cause: ${cause}`;
    return rule === "" ? problem("node", node, text) : problem("rule", rule, text);
  });
  const aggregates =
    steps.failedAggregates === 0
      ? []
      : [problem("node", node, `${countOf(steps.failedAggregates, "aggregate")} had no value`)];
  return [...failed, ...limited, ...stopped, ...aggregates];
}

function lateness({ node, eventLoop }: MetricsSnapshot): readonly HealthProblem[] {
  if (eventLoop === null || eventLoop.p99 < MAX_LATENESS_SECONDS) return [];
  const text = `the process is overloaded: timers and sockets wait up to ${(eventLoop.p99 * 1000).toFixed(0)} ms`;
  return [problem("node", node, text)];
}
