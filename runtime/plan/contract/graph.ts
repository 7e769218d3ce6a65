/**
 * Dataflow of a program, as data. `mosaic explain` draws it, and a node checks when it starts that its elements are wired along these
 * edges.
 */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  /** Unique name, the same in every compilation of a program: `Mux`, `OverlaySendWrap(ron)`, `Strand(ron.p2#3)`. */
  readonly id: string;
  /** Name of the element, or `Strand`. */
  readonly element: string;
  /** Text for people: the overlay of an OverlaySendWrap, the rule of a strand (`ron.p2#3`: the third strand of the rule). */
  readonly label: string;
  /** Index of a `Strand` in `Plan.strands`. */
  readonly strand: number | undefined;
}

/** Edge from a port of one element to another element. No two edges have the same ends and the same port. */
export interface GraphEdge {
  readonly from: string;
  readonly port: string;
  readonly to: string;
}
