import type { Graph, GraphEdge, GraphNode } from "../../runtime/plan/graph.ts";
import type { OverlaySpec, PredicateSpec, StrandSpec } from "../../runtime/plan/plan.ts";

/**
 * The dataflow of a node (MOSAIC, Figure 4). Views are kept by commits, not by strands of this graph, so only the
 * strands that tuples reach through ReceiveDemux are drawn.
 */
export function networkGraph(
  overlays: readonly OverlaySpec[],
  strands: readonly StrandSpec[],
  predicates: readonly PredicateSpec[],
): Graph {
  const graph = new GraphBuilder();
  const networkIn = graph.add("NetworkIn");
  const mux = graph.add("Mux");
  const unwrap = graph.add("OverlayRecvUnwrap");
  const receive = graph.add("ReceiveDemux");
  const roundRobin = graph.add("RoundRobin");
  const demux = graph.add("LocSpecDemux");
  const networkOut = graph.add("NetworkOut");
  graph.edge(networkIn, "out", mux);
  graph.edge(mux, "out", unwrap);
  graph.edge(unwrap, "out", receive);
  for (const strand of strands) addStrand(graph, strand, predicates, receive, roundRobin);
  if (predicates.some((spec) => spec.role.kind === "tun")) addTun(graph, receive, mux);
  graph.edge(roundRobin, "out", demux);
  graph.edge(demux, "local", mux);
  graph.edge(demux, "ip", networkOut);
  for (const { name, send } of overlays) {
    if (send === undefined) continue;
    const wrap = graph.add("OverlaySendWrap", name);
    graph.edge(demux, name, wrap);
    graph.edge(wrap, "out", mux);
  }
  graph.edge(demux, "else", graph.add("Discard"));
  return graph.result();
}

function addStrand(
  graph: GraphBuilder,
  strand: StrandSpec,
  predicates: readonly PredicateSpec[],
  receive: string,
  roundRobin: string,
): void {
  if (strand.trigger.kind === "appeared" || strand.trigger.kind === "vanished") return;
  const name = predicates[strand.trigger.predicate]?.name ?? "?";
  const node = graph.add("Strand", strand.origin.rule);
  graph.edge(receive, strand.trigger.kind === "event" ? name : `${strand.trigger.kind} ${name}`, node);
  graph.edge(node, "out", roundRobin);
}

function addTun(graph: GraphBuilder, receive: string, mux: string): void {
  const rx = graph.add("TunRx");
  const tx = graph.add("TunTx");
  graph.edge(rx, "out", mux);
  graph.edge(receive, "tun", tx);
}

class GraphBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #edges: GraphEdge[] = [];

  add(element: string, label = ""): string {
    const id = `n${this.#nodes.length}`;
    this.#nodes.push({ id, element, label });
    return id;
  }

  edge(from: string, port: string, to: string): void {
    this.#edges.push({ from, port, to });
  }

  result(): Graph {
    return { nodes: this.#nodes, edges: this.#edges };
  }
}
