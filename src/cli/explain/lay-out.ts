import type { Graph, GraphNode } from "../../../runtime/plan/contract/graph.ts";
import { type Box, bottom, centre, type Figure, type Note, type Rectangle, right } from "./figure.ts";
import { elementTitle } from "./node-title.ts";
import { type Lanes, routeEdges } from "./route-edges.ts";
import type { Selection } from "./selection.ts";
import { type StrandColumn, strandColumn } from "./strand-column.ts";

const MARGIN = 24;
const TOP = 64;
const BOX_HEIGHT = 48;
/** Gap between two elements, with room for an arrow. */
const ELEMENT_GAP = 34;
/** Gap between LocSpecDemux and the boxes on its right, with room for the notes of its outlets. */
const EXIT_GAP = 96;
const RECEIVE_WIDTH = 132;
const PITCH = 64;
const LANE = 30;

/** Elements that MOSAIC added to the dataflow of P2, bold in the figure of the paper. */
const ADDED_BY_MOSAIC: ReadonlySet<string> = new Set(["OverlayRecvUnwrap", "LocSpecDemux", "OverlaySendWrap"]);

/**
 * Lays out a dataflow like Figure 4 of the MOSAIC paper, turned by 90 degrees: from the network on the left through Mux and the
 * demultiplexers to the rule strands in a grey frame, then through RoundRobin and LocSpecDemux to the network on the right. The two
 * paths back to Mux run below. All positions are fixed here, because a general layout would not resemble the figure.
 */
export function layOutFigure(selection: Selection, title: string): Figure {
  const { graph } = selection;
  const entry = ["NetworkIn", "Mux", "OverlayRecvUnwrap"].map((element) => only(graph, element));
  const widths = [120, 76, 190];
  const starts = widths.map((_, at) => MARGIN + sum(widths.slice(0, at)) + at * ELEMENT_GAP);
  const receiveX = MARGIN + sum(widths) + widths.length * ELEMENT_GAP;
  const column = columnBesideExits(selection, receiveX + RECEIVE_WIDTH + ELEMENT_GAP);
  const middle = centre(column.frame).y;
  const entryBoxes = entry.map((node, at) =>
    elementBox(node, {
      x: starts[at] as number,
      y: middle - BOX_HEIGHT / 2,
      width: widths[at] as number,
      height: BOX_HEIGHT,
    }),
  );
  const { y, height } = column.frame;
  const receive = elementBox(only(graph, "ReceiveDemux"), { x: receiveX, y, width: RECEIVE_WIDTH, height });
  const roundRobin = elementBox(only(graph, "RoundRobin"), {
    x: right(column.frame) + ELEMENT_GAP,
    y,
    width: 120,
    height,
  });
  const exits = exitBoxes(graph, right(roundRobin) + ELEMENT_GAP, middle);
  const boxes = [...entryBoxes, receive, ...column.boxes, roundRobin, ...exits];
  const lanes = lanesBelow(boxes, column);
  const lines = routeEdges(graph.edges, boxes, lanes);
  const figure = { title, boxes, lines, notes: notesOf(boxes, lanes) };
  const lowest = lines.reduce(
    (low, { points }) => points.reduce((most, { y: end }) => Math.max(most, end), low),
    lanes.wrapped,
  );
  return { ...figure, width: lanes.aroundExits + MARGIN, height: lowest + MARGIN };
}

function only({ nodes }: Graph, element: string): GraphNode {
  const node = nodes.find((other) => other.element === element);
  if (node === undefined) throw new Error(`the graph has no ${element}`);
  return node;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function elementBox(node: GraphNode, rectangle: Rectangle): Box {
  const kind = ADDED_BY_MOSAIC.has(node.element) ? "added" : node.element === "Discard" ? "end" : "element";
  return { ...rectangle, kind, node, title: elementTitle(node.element), detail: node.label, hint: "" };
}

/** The column of strands. It begins lower if the boxes to the right of LocSpecDemux are together taller than the column. */
function columnBesideExits(selection: Selection, x: number): StrandColumn {
  const column = strandColumn(selection, x, TOP);
  const excess = exitsOf(selection.graph).length * PITCH - column.frame.height;
  return excess <= 0 ? column : strandColumn(selection, x, TOP + excess / 2);
}

function exitsOf(graph: Graph): readonly GraphNode[] {
  return ["NetworkOut", "OverlaySendWrap", "Discard"].flatMap((element) =>
    graph.nodes.filter((node) => node.element === element),
  );
}

/** Boxes of LocSpecDemux and, on its right, NetworkOut, OverlaySendWrap for each overlay, and Discard. */
function exitBoxes(graph: Graph, x: number, middle: number): readonly Box[] {
  const ends = exitsOf(graph);
  const top = middle - (ends.length * PITCH) / 2;
  const demux = elementBox(only(graph, "LocSpecDemux"), { x, y: top, width: 144, height: ends.length * PITCH });
  const rectangle = (at: number): Rectangle => ({
    x: right(demux) + EXIT_GAP,
    y: top + at * PITCH + (PITCH - BOX_HEIGHT) / 2,
    width: 176,
    height: BOX_HEIGHT,
  });
  return [demux, ...ends.map((node, at) => elementBox(node, rectangle(at)))];
}

function lanesBelow(boxes: readonly Box[], { fromTables, toTables, toMux }: StrandColumn): Lanes {
  const low = boxes.reduce((most, box) => Math.max(most, bottom(box)), -Infinity);
  const end = boxes.reduce((most, box) => Math.max(most, right(box)), -Infinity);
  const [local, wrapped, around] = [low + LANE, low + 2 * LANE, low + 3 * LANE];
  return { local, wrapped, around, aroundExits: end + MARGIN, fromTables, toTables, toMux };
}

/** Notes on the outlets of LocSpecDemux and on the two paths back to Mux. */
function notesOf(boxes: readonly Box[], lanes: Lanes): readonly Note[] {
  const demux = boxes.find((box) => box.node?.element === "LocSpecDemux");
  const x = (boxes.find((box) => box.node?.element === "OverlayRecvUnwrap")?.x ?? 0) + MARGIN;
  const exits = boxes.flatMap((box): readonly Note[] => {
    const text = exitNote(box.node);
    return demux === undefined || text === undefined ? [] : [{ x: right(demux) + 8, y: centre(box).y, text }];
  });
  const back = { x, y: lanes.local, text: "tuples for this node" };
  const hasWrap = boxes.some((box) => box.node?.element === "OverlaySendWrap");
  return [...exits, back, ...(hasWrap ? [{ x, y: lanes.wrapped, text: "overlay.send(address, tuple)" }] : [])];
}

function exitNote(node: GraphNode | undefined): string | undefined {
  switch (node?.element) {
    case "NetworkOut":
      return "@address";
    case "OverlaySendWrap":
      return `@${node.label}::…`;
    case "Discard":
      return "no address";
    default:
      return undefined;
  }
}
