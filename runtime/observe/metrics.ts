import { type Labels, type MetricFamily, NO_LABELS, type Sample } from "./exposition.ts";
import type { FlowCacheHits, TunOffload } from "../world/world.ts";
import type {
  Counts,
  MetricsSnapshot,
  NetworkOffloadMetrics,
  PeerMetrics,
  StreamMetrics,
  TunMetrics,
} from "./metrics-snapshot.ts";

/** The figures of a node as Prometheus knows them. Names and labels are an interface: dashboards and alerts use them. */
export function metricsOf(figures: MetricsSnapshot): readonly MetricFamily[] {
  return [
    one("gauge", "mosaic_uptime_seconds", "Since the node started.", figures.uptime),
    ...stepMetrics(figures),
    ...elementMetrics(figures),
    ...ruleMetrics(figures),
    ...peerMetrics(figures),
    ...tableMetrics(figures),
    ...queueMetrics(figures),
    ...networkMetrics(figures),
    ...(figures.streams === null ? [] : streamMetrics(figures.streams)),
    ...pathMetrics(figures),
    ...(figures.tun === null ? [] : tunMetrics(figures.tun)),
    ...(figures.flowCache === null ? [] : flowCacheMetrics(figures.flowCache)),
    ...readCycleMetrics(figures),
    ...eventLoopMetrics(figures),
  ];
}

function stepMetrics({ steps }: MetricsSnapshot): readonly MetricFamily[] {
  return [
    one("counter", "mosaic_steps_total", "Steps run: one a datagram, timer, packet or request.", steps.steps),
    one("counter", "mosaic_rounds_total", "Rounds run in steps.", steps.rounds),
    one("counter", "mosaic_steps_stopped_total", "Steps that passed a limit and were taken back.", steps.stopped),
    one("counter", "mosaic_row_conflicts_total", "Rows that lost to another for the same key.", steps.conflicts),
    one("counter", "mosaic_rows_evicted_total", "Rows that left a table that was full.", steps.evicted),
    one("counter", "mosaic_rows_expired_total", "Rows whose time was up.", steps.expired),
    one("counter", "mosaic_aggregates_failed_total", "Groups whose aggregate had no value.", steps.failedAggregates),
  ];
}

function elementMetrics({ elements: all, ways }: MetricsSnapshot): readonly MetricFamily[] {
  const elements = labelled(all, ({ element, label }) => ({ element, overlay: label }));
  return [
    many("counter", "mosaic_element_in_total", "What came into an element.", elements, (each) => each.in),
    many("counter", "mosaic_element_out_total", "What left an element.", elements, (each) => each.out),
    {
      name: "mosaic_dropped_total",
      help: "What an element dropped, by reason.",
      type: "counter",
      samples: elements.flatMap(({ thing, labels }) => samplesOf(thing.dropped, labels)),
    },
    {
      name: "mosaic_sent_tuples_total",
      help: "What rules sent, by the way it went.",
      type: "counter",
      samples: (["local", "ip", "overlay"] as const).map((way) => ({ labels: { way }, value: ways[way] })),
    },
  ];
}

function ruleMetrics({ rules: all }: MetricsSnapshot): readonly MetricFamily[] {
  const rules = labelled(all, ({ rule, file, line }) => ({ rule, file, line: String(line) }));
  return [
    many("counter", "mosaic_rule_firings_total", "How often a rule ran.", rules, (each) => each.firings),
    many("counter", "mosaic_rule_derived_total", "What a rule derived.", rules, (each) => each.derived),
    many("counter", "mosaic_rule_failed_total", "Derivations without a value.", rules, (each) => each.failed),
    many("counter", "mosaic_rule_seconds_total", "Time spent in a rule, from samples.", rules, (each) => each.seconds),
  ];
}

function peerMetrics({ peers: all }: MetricsSnapshot): readonly MetricFamily[] {
  const peers = labelled(all, ({ address }) => ({ peer: address }));
  const counter = (name: string, help: string, value: (peer: PeerMetrics) => number): MetricFamily =>
    many("counter", `mosaic_peer_${name}_total`, help, peers, value);
  const silence = "Since a peer was last heard.";
  return [
    counter("sent_datagrams", "Datagrams for a peer.", (each) => each.sent),
    counter("sent_bytes", "Bytes of datagrams for a peer.", (each) => each.sentBytes),
    counter("sent_tuples", "Tuples for a peer.", (each) => each.sentTuples),
    counter("received_datagrams", "Datagrams from a peer.", (each) => each.received),
    counter("received_bytes", "Bytes of datagrams from a peer.", (each) => each.receivedBytes),
    counter("received_tuples", "Tuples from a peer that the node expects.", (each) => each.receivedTuples),
    many("gauge", "mosaic_peer_payload_bytes", "The longest datagram for a peer.", peers, (each) => each.payload),
    many("gauge", "mosaic_peer_silence_seconds", silence, peers, (each) => each.silence),
  ];
}

function tableMetrics({ tables: all }: MetricsSnapshot): readonly MetricFamily[] {
  const tables = labelled(all, ({ table }) => ({ table }));
  return [
    many("gauge", "mosaic_table_rows", "Rows of a table.", tables, (each) => each.rows),
    many("gauge", "mosaic_table_rows_limit", "Rows a table may have.", tables, (each) => each.limit),
  ];
}

function queueMetrics({ queues: all }: MetricsSnapshot): readonly MetricFamily[] {
  const queues = labelled(all, ({ queue, unit }) => ({ queue, unit }));
  return [
    many("gauge", "mosaic_queue_length", "What waits in a queue.", queues, (each) => each.length),
    many("gauge", "mosaic_queue_limit", "What may wait in a queue.", queues, (each) => each.limit),
    many("counter", "mosaic_queue_dropped_total", "What found no room.", queues, (each) => each.dropped),
  ];
}

function networkMetrics({ network }: MetricsSnapshot): readonly MetricFamily[] {
  return [
    one("counter", "mosaic_network_sent_datagrams_total", "Datagrams that left.", network.sent),
    one("counter", "mosaic_network_sent_bytes_total", "Bytes of datagrams that left.", network.sentBytes),
    one("counter", "mosaic_network_received_datagrams_total", "Datagrams that came.", network.received),
    one("counter", "mosaic_network_received_bytes_total", "Bytes of datagrams that came.", network.receivedBytes),
    byReason("mosaic_network_failed_total", "Datagrams that the network refused.", network.failed),
    ...(network.offload === undefined ? [] : networkOffloadMetrics(network.offload)),
  ];
}

function pathMetrics({
  paths: { asked, answered, answers, stray, changes },
}: MetricsSnapshot): readonly MetricFamily[] {
  return [
    one("counter", "mosaic_path_probes_total", "Probes of what paths carry.", asked),
    one("counter", "mosaic_path_probes_answered_total", "Those that were answered.", answered),
    one("counter", "mosaic_path_answers_total", "Probes of others that were answered.", answers),
    one("counter", "mosaic_path_stray_answers_total", "Answers that nobody waited for.", stray),
    one("counter", "mosaic_path_changes_total", "Changes of the size of datagrams for a peer.", changes),
  ];
}

function networkOffloadMetrics(offload: NetworkOffloadMetrics): readonly MetricFamily[] {
  const { segments, joins, segmented, joined, steers, control, refusals } = offload;
  return [
    one("gauge", "mosaic_network_gso", "Whether the kernel cuts trains into datagrams.", Number(segments)),
    one("gauge", "mosaic_network_gro", "Whether the kernel joins datagrams into trains.", Number(joins)),
    one("counter", "mosaic_network_sent_trains_total", "Sends of several datagrams in one piece.", segmented),
    one("counter", "mosaic_network_received_trains_total", "Trains that came.", joined),
    one("gauge", "mosaic_network_steering", "Whether what carries no packets has a queue of its own.", Number(steers)),
    one("counter", "mosaic_network_control_total", "What came by that queue.", control),
    byReason("mosaic_network_split_trains_total", "Trains that had to leave one by one.", refusals),
  ];
}

function tunOffloadMetrics({ tcp, udp, superRead, superWritten, unfit }: TunOffload): readonly MetricFamily[] {
  return [
    one("gauge", "mosaic_tun_tso", "Whether the device gives and takes TCP super-packets.", Number(tcp)),
    one("gauge", "mosaic_tun_uso", "Whether it gives and takes UDP super-packets.", Number(udp)),
    one("counter", "mosaic_tun_read_trains_total", "Trains read from the device.", superRead),
    one("counter", "mosaic_tun_written_trains_total", "Super-packets written to the device.", superWritten),
    one("counter", "mosaic_tun_unfit_total", "Reads that were no packet.", unfit),
  ];
}

function tunMetrics(tun: TunMetrics): readonly MetricFamily[] {
  return [
    one("counter", "mosaic_tun_read_packets_total", "Packets read from the device.", tun.read),
    one("counter", "mosaic_tun_read_bytes_total", "Bytes read from the device.", tun.readBytes),
    one("counter", "mosaic_tun_written_packets_total", "Packets written to the device.", tun.written),
    one("counter", "mosaic_tun_written_bytes_total", "Bytes written to the device.", tun.writtenBytes),
    byReason("mosaic_tun_refused_total", "Packets that the kernel refused.", tun.refused),
    ...(tun.offload === undefined ? [] : tunOffloadMetrics(tun.offload)),
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

function readCycleMetrics({ network, tun }: MetricsSnapshot): readonly MetricFamily[] {
  const ports = [
    { port: "network", ...network.readCycles },
    { port: "tun", ...tun?.readCycles },
  ].filter(({ count = 0 }) => count > 0);
  if (ports.length === 0) return [];
  const cycles = labelled(ports, ({ port }) => ({ port }));
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
    one("gauge", "mosaic_sockets", "Sockets of TCP that are open, or being opened.", streams.sockets),
    one("counter", "mosaic_sockets_accepted_total", "Connections that rules accepted.", streams.accepted),
    one("counter", "mosaic_sockets_connected_total", "Connections that rules made.", streams.connected),
    one("counter", "mosaic_sockets_closed_total", "Sockets that came to their end.", streams.closed),
    one("counter", "mosaic_socket_read_bytes_total", "Bytes read from connections.", streams.readBytes),
    one("counter", "mosaic_socket_written_bytes_total", "Bytes written to connections.", streams.writtenBytes),
    byReason("mosaic_socket_calls_failed_total", "Calls of TCP that failed, with the call.", streams.failed),
  ];
}

function eventLoopMetrics({ eventLoop }: MetricsSnapshot): readonly MetricFamily[] {
  if (eventLoop === null) return [];
  const samples = (["mean", "p99", "max"] as const).map((statistic) => {
    return { labels: { statistic }, value: eventLoop[statistic] };
  });
  const help = "How late timers and sockets were served over the last 10 to 20 seconds.";
  return [{ name: "mosaic_event_loop_delay_seconds", help, type: "gauge", samples }];
}

function one(type: MetricFamily["type"], name: string, help: string, value: number): MetricFamily {
  return { name, help, type, samples: [{ labels: NO_LABELS, value }] };
}

/** One of several things that are told of, with the labels of all its samples. */
interface Labelled<T> {
  readonly thing: T;
  readonly labels: Labels;
}

function labelled<T>(things: readonly T[], labels: (thing: T) => Labels): readonly Labelled<T>[] {
  return things.map((thing) => ({ thing, labels: labels(thing) }));
}

/** A sample of each thing; none of what has no value. */
function many<T>(
  type: MetricFamily["type"],
  name: string,
  help: string,
  things: readonly Labelled<T>[],
  valueOf: (thing: T) => number | null,
): MetricFamily {
  const samples: Sample[] = [];
  for (const { thing, labels } of things) {
    const value = valueOf(thing);
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
