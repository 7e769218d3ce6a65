import type { GraphNode } from "../../../runtime/plan/contract/graph.ts";

/** What the paper's figure calls the elements whose names here are one word. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ["NetworkIn", "Network In"],
  ["NetworkOut", "Network Out"],
  ["TunRx", "Tun::Rx"],
  ["TunTx", "Tun::Tx"],
]);

/** The element as the drawings name it. */
export function elementTitle(element: string): string {
  return TITLES.get(element) ?? element;
}

/** The node as the drawings name it: a strand by its rule, an element by its title and what tells it from others. */
export function nodeTitle({ element, label }: GraphNode): string {
  if (element === "Strand") return label;
  return label === "" ? elementTitle(element) : `${elementTitle(element)} ${label}`;
}
