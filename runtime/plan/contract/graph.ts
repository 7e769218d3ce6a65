/** The dataflow as data: what `mosaic explain` draws and the node is wired from. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  /** Unique in the graph and the same in every compilation of a program: `Mux`, `OverlaySendWrap(ron)`, `Strand(ron.p2#3)`. */
  readonly id: string;
  /** The element's name, `Strand` for a rule strand. */
  readonly element: string;
  /** What a person reads: the overlay of an OverlaySendWrap, the rule of a strand (`ron.p2#3`: the third of several). */
  readonly label: string;
  /** The place of a `Strand` in `Plan.strands`. */
  readonly strand: number | undefined;
}

/** No two edges have the same ends and the same port. */
export interface GraphEdge {
  readonly from: string;
  readonly port: string;
  readonly to: string;
}
