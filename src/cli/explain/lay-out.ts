import type { Graph, GraphNode } from "../../../runtime/plan/contract/graph.ts";
import type { Selection } from "./selection.ts";
import { type Box, bottom, centre, type Figure, type Note, type Rectangle, right } from "./figure.ts";
import { elementTitle } from "./node-title.ts";
import { type Lanes, routeEdges } from "./route-edges.ts";
import { type StrandColumn, strandColumn } from "./strand-column.ts";

const MARGIN = 24;
const TOP = 64;
const BOX_HEIGHT = 48;
/** Between an element and the next, room for an arrow. */
const STEP = 34;
/** Between LocSpecDemux and what stands right of it, room for the names of its ways out. */
const WAYS_OUT = 96;
const RECEIVE_WIDTH = 132;
const PITCH = 64;
const LANE = 30;

/** What MOSAIC added to P2's dataflow: its figure shows these in bold. */
const ADDED: ReadonlySet<string> = new Set(["OverlayRecvUnwrap", "LocSpecDemux", "OverlaySendWrap"]);

/**
 * Figure 4 of the MOSAIC paper, laid on its side: from the network on the left through Mux and the demultiplexers to
 * the rule strands in a grey frame, through RoundRobin and LocSpecDemux to the network on the right, and below the two
 * ways back to Mux. Every place is given here; a general layout would not know what people look for.
 */
export function layOut(chosen: Selection, title: string): Figure {
  const { graph } = chosen;
  const entry = ["NetworkIn", "Mux", "OverlayRecvUnwrap"].map((element) => only(graph, element));
  const widths = [120, 76, 190];
  const starts = widths.map((_, at) => MARGIN + sum(widths.slice(0, at)) + at * STEP);
  const receiveX = MARGIN + sum(widths) + widths.length * STEP;
  const column = columnBesideExits(chosen, receiveX + RECEIVE_WIDTH + STEP);
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
  const turns = elementBox(only(graph, "RoundRobin"), { x: right(column.frame) + STEP, y, width: 120, height });
  const exits = exitBoxes(graph, right(turns) + STEP, middle);
  const boxes = [...entryBoxes, receive, ...column.boxes, turns, ...exits];
  const lanes = lanesBelow(boxes, column);
  const lines = routeEdges(graph.edges, boxes, lanes);
  const figure = { title, boxes, lines, notes: notesOf(boxes, lanes) };
  return { ...figure, width: lanes.aroundExits + MARGIN, height: lanes.wrapped + MARGIN };
}

function only({ nodes }: Graph, element: string): GraphNode {
  const node = nodes.find((other) => other.element === element);
  if (node === undefined) throw new Error(`the graph has no ${element}`);
  return node;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function elementBox(node: GraphNode, place: Rectangle): Box {
  const kind = ADDED.has(node.element) ? "added" : node.element === "Discard" ? "end" : "element";
  return { ...place, kind, node, title: elementTitle(node.element), detail: node.label, hint: "" };
}

/** The strands, so far down that what stands beside their middle begins no higher than the drawing. */
function columnBesideExits(chosen: Selection, x: number): StrandColumn {
  const column = strandColumn(chosen, x, TOP);
  const excess = exitsOf(chosen.graph).length * PITCH - column.frame.height;
  return excess <= 0 ? column : strandColumn(chosen, x, TOP + excess / 2);
}

function exitsOf(graph: Graph): readonly GraphNode[] {
  return ["NetworkOut", "OverlaySendWrap", "Discard"].flatMap((element) =>
    graph.nodes.filter((node) => node.element === element),
  );
}

/** LocSpecDemux, and on its right the network, a wrapper for each overlay, and what is thrown away. */
function exitBoxes(graph: Graph, x: number, middle: number): readonly Box[] {
  const ends = exitsOf(graph);
  const top = middle - (ends.length * PITCH) / 2;
  const demux = elementBox(only(graph, "LocSpecDemux"), { x, y: top, width: 144, height: ends.length * PITCH });
  const place = (at: number): Rectangle => ({
    x: right(demux) + WAYS_OUT,
    y: top + at * PITCH + (PITCH - BOX_HEIGHT) / 2,
    width: 176,
    height: BOX_HEIGHT,
  });
  return [demux, ...ends.map((node, at) => elementBox(node, place(at)))];
}

function lanesBelow(boxes: readonly Box[], { fromTables, toTables, toMux }: StrandColumn): Lanes {
  const low = Math.max(...boxes.map(bottom));
  const end = Math.max(...boxes.map(right));
  return { local: low + LANE, wrapped: low + 2 * LANE, aroundExits: end + MARGIN, fromTables, toTables, toMux };
}

/** What the ways out of LocSpecDemux, and the ways back, are for. */
function notesOf(boxes: readonly Box[], lanes: Lanes): readonly Note[] {
  const demux = boxes.find((box) => box.node?.element === "LocSpecDemux");
  const x = (boxes.find((box) => box.node?.element === "OverlayRecvUnwrap")?.x ?? 0) + MARGIN;
  const ways = boxes.flatMap((box): readonly Note[] => {
    const text = wayOut(box.node);
    return demux === undefined || text === undefined ? [] : [{ x: right(demux) + 8, y: centre(box).y, text }];
  });
  const back = { x, y: lanes.local, text: "tuples for this node" };
  const hasWrap = boxes.some((box) => box.node?.element === "OverlaySendWrap");
  return [...ways, back, ...(hasWrap ? [{ x, y: lanes.wrapped, text: "overlay.send(address, tuple)" }] : [])];
}

function wayOut(node: GraphNode | undefined): string | undefined {
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
