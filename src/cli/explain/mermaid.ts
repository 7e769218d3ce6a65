import type { GraphNode } from "../../../runtime/plan/contract/graph.ts";
import { nodeTitle } from "./node-title.ts";
import type { Selection } from "./selection.ts";

/** The dataflow as a Mermaid flowchart from left to right, with the strands in a subgraph. */
export function mermaid({ plan, graph }: Selection): string {
  const names = new Map(graph.nodes.map((node, at) => [node.id, `n${at}`]));
  const position = ({ strand }: GraphNode): string => {
    const origin = strand === undefined ? undefined : plan.strands[strand]?.origin;
    return origin === undefined ? "" : `<br/>${escaped(`${origin.file}:${origin.line}`)}`;
  };
  const declared = (node: GraphNode): string => `${names.get(node.id)}["${escaped(nodeTitle(node))}${position(node)}"]`;
  const strands = graph.nodes.filter((node) => node.element === "Strand");
  const elements = graph.nodes.filter((node) => node.element !== "Strand");
  return [
    "flowchart LR",
    ...elements.map((node) => `  ${declared(node)}`),
    '  subgraph strands ["rule strands"]',
    ...strands.map((node) => `    ${declared(node)}`),
    "  end",
    ...graph.edges.map(({ from, port, to }) => `  ${names.get(from)} -- "${escaped(port)}" --> ${names.get(to)}`),
  ].join("\n");
}

/** Escapes the characters that have a meaning for Mermaid or HTML inside quotes. */
function escaped(text: string): string {
  return text.replaceAll("#", "#35;").replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;");
}
