/** The dataflow as data: what `mosaic explain` draws and the node is wired from. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  readonly id: string;
  /** The element's name, `Strand` for a rule strand. */
  readonly element: string;
  /** What a person reads: the overlay of an OverlaySendWrap, the rule of a strand. */
  readonly label: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly port: string;
  readonly to: string;
}
