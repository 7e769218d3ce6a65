import type { Snitch } from "../observe/snitch.ts";
import type { GraphEdge, GraphNode } from "../plan/contract/graph.ts";
import type { Plan } from "../plan/contract/plan.ts";
import { Edge } from "./edge.ts";

/**
 * Creates and records the edges of one node's dataflow. `check` compares the edges with the graph of the plan. `mosaic explain` draws that
 * graph, so the drawing and the dataflow cannot differ.
 */
export class Wiring {
  readonly #snitch: Snitch;
  readonly #edges = new Set<string>();

  constructor(snitch: Snitch) {
    this.#snitch = snitch;
  }

  /** Makes the edge from port `port` of node `from` to node `to` of the graph. */
  edge(from: string, port: string, to: string): Edge {
    const edge = new Edge({ from, port, to }, this.#snitch);
    this.#edges.add(textOf(edge));
    return edge;
  }

  /** Throws an error that names the edge if the graph has an edge that is not wired, or if a wired edge is not in the graph. */
  check({ graph, strands, predicates }: Plan): void {
    const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    const drawn = new Set<string>();
    for (const edge of graph.edges) {
      const expected = strandEntry(edge, nodes.get(edge.to), { strands, predicates });
      const isWired = expected === undefined ? this.#isWired(edge, nodes.get(edge.from)) : expected === textOf(edge);
      if (!isWired) throw new Error(`the graph has an edge that is not wired: ${textOf(edge)}`);
      drawn.add(textOf(edge));
    }
    const missing = [...this.#edges].find((edge) => !drawn.has(edge));
    if (missing !== undefined) throw new Error(`an edge is wired that the graph does not have: ${missing}`);
  }

  /**
   * Whether an edge of the graph is wired. The engine gives the function of each strand the same outputs, so an edge from a strand is only
   * compared with `STRAND_EXITS`.
   */
  #isWired(edge: GraphEdge, from: GraphNode | undefined): boolean {
    return from?.strand === undefined ? this.#edges.has(textOf(edge)) : STRAND_EXITS.has(`${edge.port} ${edge.to}`);
  }
}

/** Port and target of each output of a strand: sent tuples, raised events, written rows. */
const STRAND_EXITS: ReadonlySet<string> = new Set(["out RoundRobin", "local Mux", "rows Tables"]);

/** Returns the edge that the trigger of the strand `to` requires; undefined when `to` is no strand. */
function strandEntry(
  edge: GraphEdge,
  to: GraphNode | undefined,
  { strands, predicates }: Pick<Plan, "strands" | "predicates">,
): string | undefined {
  if (to?.strand === undefined) return undefined;
  const trigger = strands[to.strand]?.trigger;
  const name = predicates[trigger?.predicate ?? -1]?.name ?? "?";
  if (trigger?.kind === "event") return textOf({ from: "ReceiveDemux", port: name, to: edge.to });
  return textOf({ from: "Tables", port: `${trigger?.kind} ${name}`, to: edge.to });
}

function textOf({ from, port, to }: GraphEdge): string {
  return `${from} ${port} ${to}`;
}
