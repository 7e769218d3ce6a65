import type { GraphNode } from "../../../runtime/plan/contract/graph.ts";

/** Names of elements in the figure of the paper, for elements that have another name in the code. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ["NetworkIn", "Network In"],
  ["NetworkOut", "Network Out"],
  ["TapRx", "Tap::Rx"],
  ["TapTx", "Tap::Tx"],
  ["TunRx", "Tun::Rx"],
  ["TunTx", "Tun::Tx"],
  ["UdpRx", "Udp::Rx"],
  ["UdpTx", "Udp::Tx"],
]);

/** Returns the name of an element in drawings. */
export function elementTitle(element: string): string {
  return TITLES.get(element) ?? element;
}

/** Returns the name of a node in drawings: the rule of a strand, or the title and label of an element. */
export function nodeTitle({ element, label }: GraphNode): string {
  if (element === "Strand") return label;
  return label === "" ? elementTitle(element) : `${elementTitle(element)} ${label}`;
}
