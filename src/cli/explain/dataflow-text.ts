import type { Graph, GraphEdge, GraphNode } from "../../../runtime/plan/contract/graph.ts";
import type { StrandSpec } from "../../../runtime/plan/contract/plan.ts";
import { nodeTitle } from "./node-title.ts";
import type { Selection, SelectedRule } from "./selection.ts";

const PORT_WIDTH = 28;

/** The dataflow as text: the edges of each element, then the fused elements of each rule. */
export function dataflowText(selection: Selection): string {
  return [...graphLines(selection.graph), "", ...selection.rules.flatMap(ruleLines)].join("\n").trimEnd();
}

/** Lines of the graph: first the elements with their ports, then one line for each strand. */
function graphLines({ nodes, edges }: Graph): readonly string[] {
  const titles = new Map(nodes.map((node) => [node.id, nodeTitle(node)]));
  const elements = nodes.filter((node) => node.element !== "Strand");
  const strands = nodes.filter((node) => node.element === "Strand");
  return [
    "dataflow",
    ...elements.flatMap((node) => elementLines(node, edges, titles)),
    ...(strands.length === 0 ? [] : ["  strands"]),
    ...strands.flatMap((node) => outOf(node, edges).map((edge) => portLine(nodeTitle(node), edge, titles))),
  ];
}

function elementLines(
  node: GraphNode,
  edges: readonly GraphEdge[],
  titles: ReadonlyMap<string, string>,
): readonly string[] {
  const out = outOf(node, edges);
  if (out.length === 0) return [];
  return [`  ${nodeTitle(node)}`, ...out.map((edge) => portLine(edge.port, edge, titles))];
}

function outOf(node: GraphNode, edges: readonly GraphEdge[]): readonly GraphEdge[] {
  return edges.filter((edge) => edge.from === node.id);
}

function portLine(source: string, { to }: GraphEdge, titles: ReadonlyMap<string, string>): string {
  return `    ${source.padEnd(PORT_WIDTH)} → ${titles.get(to) ?? to}`;
}

/** Lines of a rule: its position in the source, then the fused elements of each strand. */
function ruleLines({ name, strands }: SelectedRule): readonly string[] {
  const [first] = strands;
  const position = first === undefined ? "" : `  ${first.origin.file}:${first.origin.line}`;
  return [`rule ${name}${position}`, ...strands.flatMap((strand, at) => strandLines(strand, at, strands.length)), ""];
}

function strandLines({ operators }: StrandSpec, at: number, count: number): readonly string[] {
  const mark = count === 1 ? "" : `#${at + 1} `;
  const indent = " ".repeat(mark.length);
  return operators.map((operator, step) => `  ${step === 0 ? mark : indent}${step === 0 ? "" : "  "}${operator}`);
}
