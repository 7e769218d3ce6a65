import type { GraphEdge } from "../plan/contract/graph.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { Value } from "../plan/values/value.ts";

/** Report of a snitch. */
export type Sighting =
  /** A tuple crosses an edge of the plan's graph. The step may still be undone. */
  | {
      readonly kind: "crossing";
      readonly edge: GraphEdge;
      readonly tuple: Tuple;
      /** Location that the tuple is sent to or came from; undefined inside the node. */
      readonly location: Value | undefined;
    }
  /** A row was inserted into a derived table or deleted from it. */
  | { readonly kind: "derived"; readonly tuple: Tuple }
  /** An element dropped the tuple that was the last to cross an edge to this element. */
  | { readonly kind: "dropped"; readonly element: string; readonly reason: string }
  /** Derivations of a rule failed, because an expression had no value. Reported at most once a minute and rule. */
  | { readonly kind: "failed"; readonly rule: string; readonly reason: string }
  /** The step was undone: everything reported since its start had no effect. */
  | { readonly kind: "undone"; readonly limit: string; readonly rule: string };

export type SnitchListener = (sighting: Sighting) => void;

/** Filter of edges. An edge matches if it has the same value in every field of the filter. */
export type EdgeFilter = Partial<GraphEdge>;

/**
 * Observer on every edge of a node's graph: reports crossing tuples to its listeners. Elements test `isOn` before they
 * report, so that a node without listeners pays one field access per edge.
 */
export class Snitch {
  /** Whether there is a listener. Elements test it before they report. */
  isOn = false;
  /** Called when a listener is attached or detached. */
  onListener: (() => void) | undefined;
  #listeners: readonly { readonly filter: EdgeFilter; readonly listener: SnitchListener }[] = [];
  /** The edge into each strand and the edge out of it; undefined for a strand that the graph does not contain. */
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

  /** Returns the rule of a strand, given the strand's node in the graph. */
  ruleAt(node: string): string | undefined {
    return this.#rules.get(node);
  }

  /**
   * Reports crossings of the edges that match `filter`, and all other sightings, to `listener`. Returns a function that detaches the
   * listener.
   */
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
  crossed(edge: GraphEdge, tuple: Tuple, location?: Value): void {
    for (const { filter, listener } of this.#listeners) {
      if (fits(edge, filter)) listener({ kind: "crossing", edge, tuple, location });
    }
  }

  /**
   * Reports that `tuple` enters a strand. The graph does not contain strands that maintain derived tables: `derived` reports the rows of
   * these tables.
   */
  entered(strand: number, tuple: Tuple): void {
    const edge = this.#entries[strand];
    if (edge !== undefined) this.crossed(edge, tuple);
  }

  /** Reports that `tuple` leaves a strand. */
  left(strand: number, tuple: Tuple, location?: Value): void {
    const edge = this.#exits[strand];
    if (edge !== undefined) this.crossed(edge, tuple, location);
  }

  derived(tuple: Tuple): void {
    this.#report({ kind: "derived", tuple });
  }

  dropped(element: string, reason: string): void {
    this.#report({ kind: "dropped", element, reason });
  }

  failed(rule: string, reason: string): void {
    this.#report({ kind: "failed", rule, reason });
  }

  undone(limit: string, rule: string): void {
    this.#report({ kind: "undone", limit, rule });
  }

  #report(sighting: Sighting): void {
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
