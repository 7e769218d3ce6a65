import type { GraphEdge } from "../plan/contract/graph.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { Value } from "../plan/values/value.ts";

/** What a snitch tells. */
export type Sighting =
  /** A tuple crosses an edge of the plan's graph. The step may still be taken back. */
  | {
      readonly kind: "crossing";
      readonly edge: GraphEdge;
      readonly tuple: Tuple;
      /** Where it goes, or came from, when that is a place. */
      readonly place: Value | undefined;
    }
  /** A table that rules define has gained or lost a row. */
  | { readonly kind: "derived"; readonly tuple: Tuple }
  /** An element has let something go; what it was is the last to have crossed an edge to it. */
  | { readonly kind: "dropped"; readonly element: string; readonly reason: string }
  /** The step was taken back: what crossed since it began never did. */
  | { readonly kind: "undone"; readonly limit: string; readonly rule: string };

export type SnitchListener = (sighting: Sighting) => void;

/** Which edges to listen at: those that agree with what is given. */
export type EdgeFilter = Partial<GraphEdge>;

/**
 * Sits on every edge of a node's graph and tells those who listen what crosses. The joints of the graph ask `isOn` first,
 * so that a node nobody listens to pays one look at a field for each edge.
 */
export class Snitch {
  /** Somebody listens. Read by joints before they make a sighting. */
  isOn = false;
  /** Called when somebody begins to listen, or ends. */
  onListener: (() => void) | undefined;
  #listeners: readonly { readonly filter: EdgeFilter; readonly listener: SnitchListener }[] = [];
  /** The edge into each drawn strand, and the edge out of it. */
  #entries: readonly (GraphEdge | undefined)[] = [];
  #exits: readonly (GraphEdge | undefined)[] = [];
  #rules: ReadonlyMap<string, string> = new Map();

  /** Traces the graph of this plan from now on. Every strand of a graph has one edge in and one edge out. */
  follow({ graph, strands }: Plan): void {
    const entries: (GraphEdge | undefined)[] = [];
    const exits: (GraphEdge | undefined)[] = [];
    const ids = new Map(graph.nodes.flatMap(({ id, strand }) => (strand === undefined ? [] : [[id, strand] as const])));
    for (const edge of graph.edges) {
      const [from, to] = [ids.get(edge.from), ids.get(edge.to)];
      if (from !== undefined) exits[from] = edge;
      if (to !== undefined) entries[to] = edge;
    }
    const rules = new Map([...ids].map(([id, strand]) => [id, strands[strand]?.origin.rule ?? id]));
    this.#entries = entries;
    this.#exits = exits;
    this.#rules = rules;
  }

  /** The rule of a strand, by its node of the graph. */
  ruleAt(node: string): string | undefined {
    return this.#rules.get(node);
  }

  /** Tells `listener` what crosses the edges that fit, and all else that is no crossing, until the result is called. */
  attach(listener: SnitchListener, filter: EdgeFilter = {}): () => void {
    const attached = { filter, listener };
    this.#listeners = [...this.#listeners, attached];
    this.isOn = true;
    this.onListener?.();
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== attached);
      this.isOn = this.#listeners.length > 0;
      this.onListener?.();
    };
  }

  /** Reports that `tuple` crosses `edge`. */
  crossed(edge: GraphEdge, tuple: Tuple, place?: Value): void {
    for (const { filter, listener } of this.#listeners) {
      if (fits(edge, filter)) listener({ kind: "crossing", edge, tuple, place });
    }
  }

  /** Reports that `tuple` enters a strand. Strands that maintain derived tables are not drawn: their rows are reported by `derived`. */
  entered(strand: number, tuple: Tuple): void {
    const edge = this.#entries[strand];
    if (edge !== undefined) this.crossed(edge, tuple);
  }

  /** Reports that `tuple` leaves a strand. */
  left(strand: number, tuple: Tuple, place?: Value): void {
    const edge = this.#exits[strand];
    if (edge !== undefined) this.crossed(edge, tuple, place);
  }

  derived(tuple: Tuple): void {
    this.#tell({ kind: "derived", tuple });
  }

  dropped(element: string, reason: string): void {
    this.#tell({ kind: "dropped", element, reason });
  }

  undone(limit: string, rule: string): void {
    this.#tell({ kind: "undone", limit, rule });
  }

  #tell(sighting: Sighting): void {
    for (const { listener } of this.#listeners) listener(sighting);
  }
}

function fits(edge: GraphEdge, { from, port, to }: EdgeFilter): boolean {
  return (
    (from === undefined || from === edge.from) &&
    (port === undefined || port === edge.port) &&
    (to === undefined || to === edge.to)
  );
}
