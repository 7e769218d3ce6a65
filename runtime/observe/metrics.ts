/**
 * Metrics of a node for Prometheus: one function per part of the snapshot. `/metrics` renders the families with
 * exposition.ts, for each request.
 */
import { type Labels, type MetricFamily, NO_LABELS, type Sample } from "./exposition.ts";
import type { FlowCacheHits, DeviceOffload } from "../world/world.ts";
import type {
  Counts,
  MetricsSnapshot,
  NetworkOffloadMetrics,
  PeerMetrics,
  StreamMetrics,
  DeviceMetrics,
  UdpMetrics,
  LinkMetrics,
} from "./metrics-snapshot.ts";

/** Returns the metrics of a node for Prometheus. Names and labels are an interface: dashboards and alerts depend on them. */
export function metricsOf(snapshot: MetricsSnapshot): readonly MetricFamily[] {
  return [
    one("gauge", "mosaic_uptime_seconds", "Time since the start of the node.", snapshot.uptime),
    ...stepMetrics(snapshot),
    ...elementMetrics(snapshot),
    ...ruleMetrics(snapshot),
    ...peerMetrics(snapshot),
    ...tableMetrics(snapshot),
    ...queueMetrics(snapshot),
    ...networkMetrics(snapshot),
    ...(snapshot.streams === null ? [] : streamMetrics(snapshot.streams)),
    ...(snapshot.udp === null ? [] : udpMetrics(snapshot.udp)),
    ...(snapshot.links === null ? [] : linkMetrics(snapshot.links)),
    ...pathMetrics(snapshot),
    ...deviceMetrics("tun", snapshot.devices),
    ...deviceMetrics("tap", snapshot.devices),
    ...(snapshot.flowCache === null ? [] : flowCacheMetrics(snapshot.flowCache)),
    ...readCycleMetrics(snapshot),
    ...eventLoopMetrics(snapshot),
  ];
}

/**
 * Returns the metrics of all nodes of a process. Each sample has a label `node`, except for the delay of the event loop, which the nodes
 * share.
 */
export function metricsOfNodes(snapshots: readonly MetricsSnapshot[]): readonly MetricFamily[] {
  const [first] = snapshots;
  if (first === undefined) return [];
  const families = new Map<string, MetricFamily & { readonly samples: Sample[] }>();
  for (const snapshot of snapshots) {
    const named = namedLabels(snapshot.node);
    for (const family of metricsOf({ ...snapshot, eventLoop: null })) {
      const merged = families.get(family.name) ?? { ...family, samples: [] };
      families.set(family.name, merged);
      for (const { labels, value } of family.samples) merged.samples.push({ labels: named(labels), value });
    }
  }
  return [...families.values(), ...eventLoopMetrics(first)];
}

/**
 * Returns a function that adds the label `node`. It returns the same object for the same argument, so that samples still share their
 * labels.
 */
function namedLabels(node: string): (labels: Labels) => Labels {
  const known = new Map<Labels, Labels>();
  return (labels) => {
    const named = known.get(labels) ?? { node, ...labels };
    known.set(labels, named);
    return named;
  };
}

function stepMetrics({ steps, refused, memory }: MetricsSnapshot): readonly MetricFamily[] {
  return [
    one("counter", "mosaic_steps_total", "Steps run: one per datagram, timer, packet or request.", steps.steps),
    one("counter", "mosaic_rounds_total", "Rounds run in steps.", steps.rounds),
    one("counter", "mosaic_steps_stopped_total", "Steps that exceeded a limit and were undone.", steps.stopped),
    many(
      "counter",
      "mosaic_steps_refused_total",
      "Steps that exceeded a limit and were undone, by cause and rule.",
      labelled(refused, ({ cause, limit, rule }) => ({ cause, limit, rule })),
      (each) => each.count,
    ),
    one("gauge", "mosaic_memory_counted_bytes", "Approximate memory of rows and queues.", memory.used),
    ...(memory.limit === null
      ? []
      : [one("gauge", "mosaic_memory_limit_bytes", "Limit of the memory of rows and queues.", memory.limit)]),
    one("counter", "mosaic_row_conflicts_total", "Insertions that lost a key conflict.", steps.conflicts),
    one("counter", "mosaic_rows_evicted_total", "Rows evicted from full tables.", steps.evicted),
    one("counter", "mosaic_rows_expired_total", "Rows whose lifetime ended.", steps.expired),
    one("counter", "mosaic_aggregates_failed_total", "Aggregates of groups without a value.", steps.failedAggregates),
  ];
}

function elementMetrics({ elements: all, ways }: MetricsSnapshot): readonly MetricFamily[] {
  const elements = labelled(all, ({ element, label }) => ({ element, overlay: label }));
  return [
    many("counter", "mosaic_element_in_total", "Units that entered an element.", elements, (each) => each.in),
    many("counter", "mosaic_element_out_total", "Units that left an element.", elements, (each) => each.out),
    {
      name: "mosaic_dropped_total",
      help: "Units that an element dropped, by reason.",
      type: "counter",
      samples: elements.flatMap(({ item, labels }) => samplesOf(item.dropped, labels)),
    },
    {
      name: "mosaic_sent_tuples_total",
      help: "Tuples that rules sent, by route.",
      type: "counter",
      samples: (["local", "ip", "overlay"] as const).map((way) => ({ labels: { way }, value: ways[way] })),
    },
  ];
}

function ruleMetrics({ rules: all }: MetricsSnapshot): readonly MetricFamily[] {
  const rules = labelled(all, ({ rule, file, line }) => ({ rule, file, line: String(line) }));
  return [
    many("counter", "mosaic_rule_firings_total", "Runs of a rule.", rules, (each) => each.firings),
    many(
      "counter",
      "mosaic_rule_derived_total",
      "Events, table changes and sends of a rule.",
      rules,
      (each) => each.derived,
    ),
    many(
      "counter",
      "mosaic_rule_failed_total",
      "Derivations that ended without a value.",
      rules,
      (each) => each.failed,
    ),
    many(
      "counter",
      "mosaic_rule_limited_total",
      "Tuples that a rule did not send because they exceed the send rate.",
      rules,
      (each) => each.limited,
    ),
    many(
      "counter",
      "mosaic_rule_seconds_total",
      "Time spent in a rule, estimated from samples.",
      rules,
      (each) => each.seconds,
    ),
  ];
}

function peerMetrics({ peers: all }: MetricsSnapshot): readonly MetricFamily[] {
  const peers = labelled(all, ({ address }) => ({ peer: address }));
  const counter = (name: string, help: string, value: (peer: PeerMetrics) => number): MetricFamily =>
    many("counter", `mosaic_peer_${name}_total`, help, peers, value);
  const silence = "Time since the last datagram from a peer.";
  return [
    counter("sent_datagrams", "Datagrams for a peer.", (each) => each.sent),
    counter("sent_bytes", "Bytes of datagrams for a peer.", (each) => each.sentBytes),
    counter("sent_tuples", "Tuples for a peer.", (each) => each.sentTuples),
    counter("received_datagrams", "Datagrams from a peer.", (each) => each.received),
    counter("received_bytes", "Bytes of datagrams from a peer.", (each) => each.receivedBytes),
    counter("received_tuples", "Tuples from a peer that passed admission.", (each) => each.receivedTuples),
    many(
      "gauge",
      "mosaic_peer_payload_bytes",
      "Length of the longest datagram for a peer.",
      peers,
      (each) => each.payload,
    ),
    many("gauge", "mosaic_peer_silence_seconds", silence, peers, (each) => each.silence),
  ];
}

function tableMetrics({ tables: all }: MetricsSnapshot): readonly MetricFamily[] {
  const tables = labelled(all, ({ table }) => ({ table }));
  return [
    many("gauge", "mosaic_table_rows", "Rows of a table.", tables, (each) => each.rows),
    many("gauge", "mosaic_table_rows_limit", "Size of a table.", tables, (each) => each.limit),
  ];
}

function queueMetrics({ queues: all }: MetricsSnapshot): readonly MetricFamily[] {
  const queues = labelled(all, ({ queue, unit }) => ({ queue, unit }));
  return [
    many("gauge", "mosaic_queue_length", "Length of a queue.", queues, (each) => each.length),
    many("gauge", "mosaic_queue_limit", "Limit of a queue.", queues, (each) => each.limit),
    many("counter", "mosaic_queue_dropped_total", "Items that a full queue dropped.", queues, (each) => each.dropped),
  ];
}

function networkMetrics({ network }: MetricsSnapshot): readonly MetricFamily[] {
  return [
    one("counter", "mosaic_network_sent_datagrams_total", "Datagrams sent.", network.sent),
    one("counter", "mosaic_network_sent_bytes_total", "Bytes of datagrams sent.", network.sentBytes),
    one("counter", "mosaic_network_received_datagrams_total", "Datagrams received.", network.received),
    one("counter", "mosaic_network_received_bytes_total", "Bytes of datagrams received.", network.receivedBytes),
    byReason("mosaic_network_failed_total", "Datagrams that the kernel refused.", network.failed),
    ...(network.offload === undefined ? [] : networkOffloadMetrics(network.offload)),
  ];
}

function pathMetrics({
  paths: { asked, answered, answers, stray, changes },
}: MetricsSnapshot): readonly MetricFamily[] {
  return [
    one("counter", "mosaic_path_probes_total", "Path probes sent.", asked),
    one("counter", "mosaic_path_probes_answered_total", "Path probes answered by a peer.", answered),
    one("counter", "mosaic_path_answers_total", "Answers sent to path probes of peers.", answers),
    one("counter", "mosaic_path_stray_answers_total", "Unexpected answers to path probes.", stray),
    one("counter", "mosaic_path_changes_total", "Changes of the payload limit of a peer.", changes),
  ];
}

function networkOffloadMetrics(offload: NetworkOffloadMetrics): readonly MetricFamily[] {
  const { segments, joins, segmented, joined, steers, control, refusals } = offload;
  return [
    one("gauge", "mosaic_network_gso", "Whether the kernel segments trains into datagrams.", Number(segments)),
    one("gauge", "mosaic_network_gro", "Whether the kernel joins datagrams into trains.", Number(joins)),
    one("counter", "mosaic_network_sent_trains_total", "Trains sent.", segmented),
    one("counter", "mosaic_network_received_trains_total", "Trains received.", joined),
    one("gauge", "mosaic_network_steering", "Whether control datagrams have their own receive queue.", Number(steers)),
    one("counter", "mosaic_network_control_total", "Reads from the control queue: datagrams or trains.", control),
    byReason("mosaic_network_split_trains_total", "Trains that were sent datagram by datagram.", refusals),
  ];
}

/** Metrics of the devices of a kind, whose names begin with the kind. */
function deviceMetrics(kind: DeviceMetrics["kind"], all: readonly DeviceMetrics[]): readonly MetricFamily[] {
  const ofKind = all.filter((device) => device.kind === kind);
  if (ofKind.length === 0) return [];
  const devices = labelled(ofKind, ({ name }) => ({ device: name }));
  const deviceCounter = (name: string, help: string, valueOf: (device: DeviceMetrics) => number): MetricFamily =>
    many("counter", `mosaic_${kind}_${name}`, help, devices, valueOf);
  const isUp = ({ problem }: DeviceMetrics): number => Number(problem === undefined);
  return [
    many("gauge", `mosaic_${kind}_up`, "Whether the device is up and has its address.", devices, isUp),
    deviceCounter("read_packets_total", "Packets read from the device.", ({ read }) => read),
    deviceCounter("read_bytes_total", "Bytes read from the device.", ({ readBytes }) => readBytes),
    deviceCounter("written_packets_total", "Packets written to the device.", ({ written }) => written),
    deviceCounter("written_bytes_total", "Bytes written to the device.", ({ writtenBytes }) => writtenBytes),
    {
      ...deviceCounter("refused_total", "Packets that the kernel refused.", () => 0),
      samples: devices.flatMap(({ item, labels }) => samplesOf(item.refused, labels)),
    },
    ...(kind === "tun" ? tunOffloadMetrics(devices) : []),
  ];
}

/** Metrics of offloads. Devices that read and write packets one by one have none. */
function tunOffloadMetrics(tuns: readonly Labelled<DeviceMetrics>[]): readonly MetricFamily[] {
  const devices = tuns.flatMap(({ item: { offload }, labels }) =>
    offload === undefined ? [] : [{ item: offload, labels }],
  );
  if (devices.length === 0) return [];
  const family = (
    type: MetricFamily["type"],
    name: string,
    help: string,
    valueOf: (offload: DeviceOffload) => number,
  ): MetricFamily => many(type, name, help, devices, valueOf);
  return [
    family("gauge", "mosaic_tun_tso", "Whether the device reads and writes TCP super-packets.", ({ tcp }) =>
      Number(tcp),
    ),
    family("gauge", "mosaic_tun_uso", "Whether the device reads and writes UDP super-packets.", ({ udp }) =>
      Number(udp),
    ),
    family("counter", "mosaic_tun_read_trains_total", "Trains read from the device.", ({ superRead }) => superRead),
    family(
      "counter",
      "mosaic_tun_written_trains_total",
      "Super-packets written to the device.",
      ({ superWritten }) => superWritten,
    ),
    family("counter", "mosaic_tun_unfit_total", "Reads without a valid packet.", ({ unfit }) => unfit),
  ];
}

function flowCacheMetrics({ sent, delivered }: FlowCacheHits): readonly MetricFamily[] {
  return [
    one("counter", "mosaic_flow_cache_sent_total", "Packets of the device sent from the flow cache.", sent),
    one(
      "counter",
      "mosaic_flow_cache_delivered_total",
      "Packets delivered to the device from the flow cache.",
      delivered,
    ),
  ];
}

function readCycleMetrics({ network, devices }: MetricsSnapshot): readonly MetricFamily[] {
  const ports = [
    { at: { port: "network" }, ...network.readCycles },
    ...devices.map(({ kind, name, readCycles }) => ({ at: { port: kind, device: name }, ...readCycles })),
  ].filter(({ count = 0 }) => count > 0);
  if (ports.length === 0) return [];
  const cycles = labelled<(typeof ports)[number]>(ports, ({ at }) => at);
  const overBudget = "Read cycles that took more than 5 ms of thread CPU time.";
  const longest = "Thread CPU time of the longest read cycle.";
  return [
    many("counter", "mosaic_read_cycles_total", "Read cycles of the port.", cycles, (each) => each.count ?? 0),
    many("counter", "mosaic_read_over_budget_total", overBudget, cycles, (each) => each.overBudget ?? 0),
    many("gauge", "mosaic_read_cycle_longest_seconds", longest, cycles, (each) => each.longest ?? 0),
  ];
}

function streamMetrics(streams: StreamMetrics): readonly MetricFamily[] {
  return [
    one("gauge", "mosaic_sockets", "TCP sockets that are open or being opened.", streams.sockets),
    one("counter", "mosaic_sockets_accepted_total", "Connections that rules accepted.", streams.accepted),
    one("counter", "mosaic_sockets_connected_total", "Connections that rules made.", streams.connected),
    one("counter", "mosaic_sockets_closed_total", "Sockets closed.", streams.closed),
    one("counter", "mosaic_socket_read_bytes_total", "Bytes read from connections.", streams.readBytes),
    one("counter", "mosaic_socket_written_bytes_total", "Bytes written to connections.", streams.writtenBytes),
    byReason("mosaic_socket_calls_failed_total", "Failed TCP calls, by call and reason.", streams.failed),
  ];
}

function udpMetrics(udp: UdpMetrics): readonly MetricFamily[] {
  return [
    one("gauge", "mosaic_udp_sockets", "UDP sockets of rules that are open or being opened.", udp.sockets),
    one("counter", "mosaic_udp_sockets_opened_total", "UDP sockets that rules opened.", udp.opened),
    one("counter", "mosaic_udp_sockets_closed_total", "UDP sockets of rules that were closed.", udp.closed),
    one("counter", "mosaic_udp_datagrams_sent_total", "Datagrams that rules sent by their sockets.", udp.sent),
    one("counter", "mosaic_udp_sent_bytes_total", "Bytes that rules sent by their sockets.", udp.sentBytes),
    one("counter", "mosaic_udp_datagrams_received_total", "Datagrams that sockets of rules received.", udp.received),
    one("counter", "mosaic_udp_received_bytes_total", "Bytes that sockets of rules received.", udp.receivedBytes),
    byReason("mosaic_udp_calls_failed_total", "Failed UDP calls, by call and reason.", udp.failed),
    byReason("mosaic_udp_datagrams_failed_total", "Datagrams of rules that could not be sent, by reason.", udp.unsent),
  ];
}

function linkMetrics(links: LinkMetrics): readonly MetricFamily[] {
  return [
    one("counter", "mosaic_link_sealed_datagrams_total", "Datagrams sealed for peers.", links.sealed),
    one("counter", "mosaic_link_opened_datagrams_total", "Datagrams of peers opened.", links.opened),
    one("counter", "mosaic_link_sessions_total", "Sessions that were agreed on with peers.", links.sessions),
    one("counter", "mosaic_link_cookies_total", "Initiations answered with a cookie, under load.", links.cookies),
    byReason("mosaic_link_refused_total", "Datagrams and messages of the handshake dropped, by reason.", links.refused),
  ];
}

function eventLoopMetrics({ eventLoop }: MetricsSnapshot): readonly MetricFamily[] {
  if (eventLoop === null) return [];
  const samples = (["mean", "p99", "max"] as const).map((statistic) => {
    return { labels: { statistic }, value: eventLoop[statistic] };
  });
  const help = "Delay of timers and sockets in the last 10 to 20 seconds.";
  return [{ name: "mosaic_event_loop_delay_seconds", help, type: "gauge", samples }];
}

function one(type: MetricFamily["type"], name: string, help: string, value: number): MetricFamily {
  return { name, help, type, samples: [{ labels: NO_LABELS, value }] };
}

/** Item with several metrics, and the labels that all its samples share. */
interface Labelled<T> {
  readonly item: T;
  readonly labels: Labels;
}

function labelled<T>(items: readonly T[], labels: (item: T) => Labels): readonly Labelled<T>[] {
  return items.map((item) => ({ item, labels: labels(item) }));
}

/** Returns a family with one sample per item. Items without a value have none. */
function many<T>(
  type: MetricFamily["type"],
  name: string,
  help: string,
  items: readonly Labelled<T>[],
  valueOf: (item: T) => number | null,
): MetricFamily {
  const samples: Sample[] = [];
  for (const { item, labels } of items) {
    const value = valueOf(item);
    if (value !== null) samples.push({ labels, value });
  }
  return { name, help, type, samples };
}

function byReason(name: string, help: string, counts: Counts): MetricFamily {
  return { name, help, type: "counter", samples: samplesOf(counts, NO_LABELS) };
}

function samplesOf(counts: Counts, labels: Labels): readonly Sample[] {
  return Object.entries(counts).map(([reason, value]) => ({ labels: { ...labels, reason }, value }));
}
