/**
 * The middle column of the drawing of a dataflow. `lay-out.ts` places it between ReceiveDemux and RoundRobin; `route-edges.ts` draws
 * lines to its boxes.
 */
import { basename } from "node:path";
import type { GraphNode } from "../../../runtime/plan/contract/graph.ts";
import type { StrandSpec } from "../../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../../runtime/plan/values/predicate-spec.ts";
import { type Box, bottom, type Rectangle } from "./figure.ts";
import { elementTitle } from "./node-title.ts";
import type { Selection, SelectedRule } from "./selection.ts";

/** Nodes with a fixed position in the figure. Any other element is drawn below the tables, so that a new element needs no layout. */
const FIXED_POSITIONS: ReadonlySet<string> = new Set([
  "NetworkIn",
  "Mux",
  "OverlayRecvUnwrap",
  "ReceiveDemux",
  "Strand",
  "Tables",
  "TunRx",
  "TunTx",
  "RoundRobin",
  "LocSpecDemux",
  "NetworkOut",
  "OverlaySendWrap",
  "Discard",
]);

/** The middle column of the figure: a card for each rule with a row for each strand, then tables, other elements and the device. */
export interface StrandColumn {
  /** The box that encloses all others. */
  readonly frame: Box;
  readonly boxes: readonly Box[];
  /** `x` of the vertical lines beside the cards: from the tables (left), to the tables and back to Mux (right). */
  readonly fromTables: number;
  readonly toTables: number;
  readonly toMux: number;
}

const CARD_WIDTH = 452;
const HEADER = 26;
const ROW = 20;
const GAP = 10;
const FRAME_HEADER = 34;
const LEFT_MARGIN = 44;
const RIGHT_MARGIN = 56;
const TABLES_HEADER = 30;
const TABLES_LINE = 17;
const DEVICE_HEIGHT = 40;
const MAX_TABLES_WIDTH = 58;

export function strandColumn(selection: Selection, x: number, y: number): StrandColumn {
  const left = x + LEFT_MARGIN;
  const cards: Box[] = [];
  let top = y + FRAME_HEADER;
  for (const rule of selection.rules) {
    const card = ruleCard(selection, rule, left, top);
    for (const box of card) cards.push(box);
    if (card[0] !== undefined) top = bottom(card[0]) + GAP;
  }
  const tables = tablesBox(selection, left, top);
  const others = otherBoxes(selection, left, bottom(tables) + GAP);
  const devices = deviceBoxes(selection, left, bottom(others.at(-1) ?? tables) + GAP);
  const end = devices.reduce((low, box) => Math.max(low, bottom(box)), bottom(others.at(-1) ?? tables)) + GAP + 6;
  const frame: Box = {
    x,
    y,
    width: LEFT_MARGIN + CARD_WIDTH + RIGHT_MARGIN,
    height: end - y,
    kind: "frame",
    node: undefined,
    title: "rule strands",
    detail: "",
    hint: "",
  };
  const cardsEnd = left + CARD_WIDTH;
  return {
    frame,
    boxes: [frame, ...cards, tables, ...others, ...devices],
    fromTables: left - 20,
    toTables: cardsEnd + 18,
    toMux: cardsEnd + 38,
  };
}

/** The card of a rule and its rows; empty if the strands of the rule are not in the graph. */
function ruleCard({ plan, graph }: Selection, rule: SelectedRule, x: number, y: number): readonly Box[] {
  const rows = rule.strands.flatMap((strand) => {
    const node = graph.nodes.find((other) => other.strand === strand.id);
    return node === undefined ? [] : [{ strand, node }];
  });
  const [first] = rule.strands;
  if (rows.length === 0 || first === undefined) return [];
  const { file, line } = first.origin;
  const card: Box = {
    x,
    y,
    width: CARD_WIDTH,
    height: HEADER + rows.length * ROW + 4,
    kind: "rule",
    node: undefined,
    title: rule.name,
    detail: `${basename(file)}:${line}`,
    hint: `${rule.name}  ${file}:${line}`,
  };
  const below = (at: number): Rectangle => ({ x, y: y + HEADER + at * ROW, width: CARD_WIDTH, height: ROW });
  return [card, ...rows.map(({ strand, node }, at) => strandRow(strand, node, below(at), plan.predicates))];
}

/** The row of a strand: its trigger on the left, its last operator on the right. */
function strandRow(
  { trigger, operators }: StrandSpec,
  node: GraphNode,
  rectangle: Rectangle,
  predicates: readonly PredicateSpec[],
): Box {
  const name = predicates[trigger.predicate]?.name ?? "?";
  const title = trigger.kind === "event" ? name : `${trigger.kind} ${name}`;
  return { ...rectangle, kind: "strand", node, title, detail: operators.at(-1) ?? "", hint: operators.join("\n") };
}

/** The box of the tables. It lists the rules that derive tables, because their strands are not in the graph. */
function tablesBox({ plan, graph, rules }: Selection, x: number, y: number): Box {
  const node = graph.nodes.find((other) => other.element === "Tables");
  const names = plan.predicates.filter((spec) => spec.table !== undefined).map((spec) => spec.name);
  const drawn = new Set(graph.nodes.map((other) => other.strand));
  const defining = rules.filter((rule) => rule.strands.every((strand) => !drawn.has(strand.id)));
  const maintained = defining.map(
    (rule) => `${rule.name}: ${rule.strands[0]?.operators.at(-1)?.split(" ").at(-1) ?? ""}`,
  );
  const lines = [names.join("  "), ...(maintained.length === 0 ? [] : [`kept by ${maintained.join("  ")}`])];
  const height = TABLES_HEADER + lines.length * TABLES_LINE;
  const detail = lines.map((line) =>
    line.length > MAX_TABLES_WIDTH ? `${line.slice(0, MAX_TABLES_WIDTH - 1)}…` : line,
  );
  const hint = [...names, ...maintained].join("\n");
  return { x, y, width: CARD_WIDTH, height, kind: "tables", node, title: "Tables", detail: detail.join("\n"), hint };
}

export function isPlaced({ element }: GraphNode): boolean {
  return FIXED_POSITIONS.has(element);
}

/** The elements without a fixed place, one below the other. */
function otherBoxes({ graph }: Selection, x: number, y: number): readonly Box[] {
  return graph.nodes
    .filter((node) => !isPlaced(node))
    .map((node, at) => {
      const place = { x, y: y + at * (DEVICE_HEIGHT + GAP), width: CARD_WIDTH, height: DEVICE_HEIGHT };
      return { ...place, kind: "element", node, title: elementTitle(node.element), detail: node.label, hint: "" };
    });
}

/** The boxes of the device: Tun::Tx on the left, after ReceiveDemux, and Tun::Rx on the right, before Mux. */
function deviceBoxes({ graph }: Selection, x: number, y: number): readonly Box[] {
  const width = (CARD_WIDTH - GAP) / 2;
  return ["TunTx", "TunRx"].flatMap((element, at) => {
    const node = graph.nodes.find((other) => other.element === element);
    if (node === undefined) return [];
    const rectangle = { x: x + at * (width + GAP), y, width, height: DEVICE_HEIGHT };
    return [{ ...rectangle, kind: "element", node, title: elementTitle(element), detail: "", hint: "" } as const];
  });
}
