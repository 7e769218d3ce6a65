import type { GraphNode } from "../../../runtime/plan/contract/graph.ts";
import { nodeTitle } from "./node-title.ts";
import type { Selection } from "./selection.ts";

/** The dataflow as a Graphviz digraph from left to right, with the strands in a cluster. */
export function dot({ plan, graph }: Selection): string {
  const label = (node: GraphNode): string => {
    const origin = node.strand === undefined ? undefined : plan.strands[node.strand]?.origin;
    return origin === undefined ? nodeTitle(node) : `${nodeTitle(node)}\n${origin.file}:${origin.line}`;
  };
  const declared = (node: GraphNode): string => `${quoted(node.id)} [label=${quoted(label(node))}];`;
  const strands = graph.nodes.filter((node) => node.element === "Strand");
  const elements = graph.nodes.filter((node) => node.element !== "Strand");
  return [
    "digraph dataflow {",
    "  rankdir=LR;",
    "  node [shape=box, fontname=monospace];",
    "  edge [fontname=monospace, fontsize=10];",
    ...elements.map((node) => `  ${declared(node)}`),
    "  subgraph cluster_strands {",
    '    label="rule strands"; style=filled; fillcolor=gray92;',
    ...strands.map((node) => `    ${declared(node)}`),
    "  }",
    ...graph.edges.map(({ from, port, to }) => `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(port)}];`),
    "}",
  ].join("\n");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
