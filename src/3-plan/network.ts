import type { Graph, GraphEdge, GraphNode } from "../../runtime/plan/contract/graph.ts";
import type { OverlaySpec, Trigger } from "../../runtime/plan/contract/plan.ts";
import { ELSE } from "../../runtime/plan/values/location.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { socketElements } from "../../runtime/plan/contract/socket-elements.ts";
import type { StrandAction, Strand } from "./strand.ts";

/**
 * Builds the dataflow graph of a node (MOSAIC, Figure 4), with the tables next to the strands. A derived tuple with a location goes to
 * RoundRobin, an event without a location back to Mux, a row without a location to the tables. Maintenance strands run during commits and
 * are left out.
 */
export function networkGraph(
  overlays: readonly OverlaySpec[],
  strands: readonly Strand[],
  predicates: readonly PredicateSpec[],
): Graph {
  const graph = new GraphBuilder();
  const networkIn = graph.add("NetworkIn");
  const mux = graph.add("Mux");
  const unwrap = graph.add("OverlayRecvUnwrap");
  const receive = graph.add("ReceiveDemux");
  const tables = graph.add("Tables");
  const hasTun = predicates.some((spec) => spec.role.kind === "tun");
  const device = hasTun ? { rx: graph.add("TunRx"), tx: graph.add("TunTx") } : undefined;
  const hasTap = predicates.some((spec) => spec.role.kind === "tap");
  const tap = hasTap ? { rx: graph.add("TapRx"), tx: graph.add("TapTx") } : undefined;
  const roundRobin = graph.add("RoundRobin");
  const demux = graph.add("LocSpecDemux");
  const networkOut = graph.add("NetworkOut");
  graph.edge(networkIn, "out", mux);
  graph.edge(mux, "out", unwrap);
  graph.edge(unwrap, "out", receive);
  graph.edge(receive, "rows", tables);
  addStrands(graph, strands, predicates, { receive, tables, roundRobin, mux });
  if (device !== undefined) {
    graph.edge(device.rx, "out", mux);
    graph.edge(receive, "tun", device.tx);
  }
  if (tap !== undefined) {
    graph.edge(tap.rx, "out", mux);
    graph.edge(receive, "tap", tap.tx);
  }
  addSockets(graph, predicates, receive, mux);
  if (predicates.some((spec) => spec.role.kind === "rows")) addChannel(graph, { receive, tables, networkOut, mux });
  graph.edge(roundRobin, "out", demux);
  graph.edge(demux, "local", mux);
  graph.edge(demux, "ip", networkOut);
  for (const { name, send } of overlays) {
    if (send === undefined) continue;
    const wrap = graph.add("OverlaySendWrap", name);
    graph.edge(demux, name, wrap);
    graph.edge(wrap, "out", mux);
  }
  if (predicates.some(({ role }) => role.kind === "send" && role.overlay === ELSE)) {
    const wrap = graph.add("OverlaySendWrap", ELSE);
    graph.edge(demux, "else.send", wrap);
    graph.edge(wrap, "out", mux);
  }
  graph.edge(demux, "else", graph.add("Discard"));
  return graph.result();
}

/** The graph nodes that strands have edges to or from. */
interface StrandNeighbours {
  readonly receive: string;
  readonly tables: string;
  readonly roundRobin: string;
  readonly mux: string;
}

function addStrands(
  graph: GraphBuilder,
  strands: readonly Strand[],
  predicates: readonly PredicateSpec[],
  neighbours: StrandNeighbours,
): void {
  const triggered = strands.filter(({ trigger }) => !isMaintenance(trigger));
  const byRule = Map.groupBy(strands, ({ origin }) => origin.rule);
  for (const strand of triggered) {
    const { rule } = strand.origin;
    const ofRule = byRule.get(rule) ?? [];
    const number = ofRule.indexOf(strand) + 1;
    // A repeated label names its second rule `rule#2`, so `rule#number` may be the name of another rule.
    const numbered = byRule.has(`${rule}#${number}`) ? `${rule}/${number}` : `${rule}#${number}`;
    const label = ofRule.length === 1 ? rule : numbered;
    const node = graph.add("Strand", label, strand.id);
    const { kind, predicate } = strand.trigger;
    const name = predicates[predicate]?.name ?? "?";
    if (kind === "event") graph.edge(neighbours.receive, name, node);
    else graph.edge(neighbours.tables, `${kind} ${name}`, node);
    addOutput(graph, node, strand.action, neighbours);
  }
}

function isMaintenance(trigger: Trigger): boolean {
  return trigger.kind === "maintenance";
}

function addOutput(
  graph: GraphBuilder,
  node: string,
  action: StrandAction,
  { tables, roundRobin, mux }: StrandNeighbours,
): void {
  if (action.kind === "contribute") throw new Error("a maintenance strand is not part of the graph");
  const { location, predicate } = action.head;
  if (location !== undefined) graph.edge(node, "out", roundRobin);
  else if (predicate.table !== undefined) graph.edge(node, "rows", tables);
  else graph.edge(node, "local", mux);
}

/** Rows for other nodes leave the tables for the network, and rows from other nodes enter the tables. */
function addChannel(
  graph: GraphBuilder,
  { receive, tables, networkOut, mux }: Record<"receive" | "tables" | "networkOut" | "mux", string>,
): void {
  const channel = graph.add("ViewChannel");
  graph.edge(receive, "views", channel);
  graph.edge(tables, "views", channel);
  graph.edge(channel, "rows", tables);
  graph.edge(channel, "out", networkOut);
  graph.edge(channel, "local", mux);
}

/** Adds the elements of sockets: Tcp and UdpRx take calls, and their outcomes start new steps through Mux. UdpTx sends datagrams. */
function addSockets(graph: GraphBuilder, predicates: readonly PredicateSpec[], receive: string, mux: string): void {
  for (const element of socketElements(predicates.map(({ role }) => role))) {
    const node = graph.add(element.name);
    for (const port of new Set([...element.takes, ...element.raises])) {
      if (element.takes.includes(port)) graph.edge(receive, port, node);
      if (element.raises.includes(port)) graph.edge(node, port, mux);
    }
  }
}

class GraphBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #edges: GraphEdge[] = [];

  add(element: string, label = "", strand?: number): string {
    const id = label === "" ? element : `${element}(${label})`;
    this.#nodes.push({ id, element, label, strand });
    return id;
  }

  edge(from: string, port: string, to: string): void {
    this.#edges.push({ from, port, to });
  }

  result(): Graph {
    return { nodes: this.#nodes, edges: this.#edges };
  }
}
