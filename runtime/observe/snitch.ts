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
  #strands: readonly (string | undefined)[] = [];
  #rules: ReadonlyMap<string, string> = new Map();

  /** The plan whose graph is being crossed. */
  follow({ graph, strands }: Plan): void {
    const names: (string | undefined)[] = [];
    const rules = new Map<string, string>();
    for (const { id, strand } of graph.nodes) {
      if (strand === undefined) continue;
      names[strand] = id;
      rules.set(id, strands[strand]?.origin.rule ?? id);
    }
    this.#strands = names;
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

  crossed(from: string, port: string, to: string, tuple: Tuple, place?: Value): void {
    const edge = { from, port, to };
    for (const { filter, listener } of this.#listeners) {
      if (fits(edge, filter)) listener({ kind: "crossing", edge, tuple, place });
    }
  }

  /** To a strand. The strands that keep views are not in the graph; what they bring about is told as `derived`. */
  entered(from: string, port: string, strand: number, tuple: Tuple): void {
    const name = this.#strands[strand];
    if (name !== undefined) this.crossed(from, port, name, tuple);
  }

  /** From a strand. */
  left(strand: number, port: string, to: string, tuple: Tuple, place?: Value): void {
    const name = this.#strands[strand];
    if (name !== undefined) this.crossed(name, port, to, tuple, place);
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
