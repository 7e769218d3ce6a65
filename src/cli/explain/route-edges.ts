import type { GraphEdge } from "../../../runtime/plan/contract/graph.ts";
import { type Box, bottom, centre, type Line, type Point, right } from "./figure.ts";
import { isPlaced } from "./strand-column.ts";

/** Positions of lines that many edges share: `y` of the two paths back to Mux, and `x` of the vertical lines to these paths. */
export interface Lanes {
  readonly local: number;
  readonly wrapped: number;
  /** `y` of the edges that go round the figure, below all else. */
  readonly around: number;
  readonly aroundExits: number;
  readonly fromTables: number;
  readonly toTables: number;
  readonly toMux: number;
}

/** Half the distance between the ends of the two paths back at Mux. */
const HALF_RETURN_GAP = 14;
/** Distance between an edge that goes round the figure and the boxes at its ends. */
const BESIDE = 8;
/** Distance from the top of Tables to its outlet and its inlet on the left edge. */
const TABLES_OUT = 14;
const TABLES_IN = 34;

/** Draws every edge as horizontal and vertical segments that cross no box. */
export function routeEdges(edges: readonly GraphEdge[], boxes: readonly Box[], lanes: Lanes): readonly Line[] {
  const byId = new Map(boxes.flatMap((box) => (box.node === undefined ? [] : [[box.node.id, box] as const])));
  return edges.map((edge): Line => {
    const from = byId.get(edge.from);
    const to = byId.get(edge.to);
    if (from === undefined || to === undefined) throw new Error(`no box for the edge ${edge.from} to ${edge.to}`);
    if (to.kind === "tables") return { edge, kind: "rows", points: intoTables(from, to, lanes) };
    if (from.kind === "tables") return { edge, kind: "rows", points: outOfTables(from, to, lanes) };
    if (to.node?.element === "Mux" && from.node?.element !== "NetworkIn") {
      return { edge, kind: "back", points: backToMux(from, to, lanes) };
    }
    return { edge, kind: "onward", points: isStraight(from, to) ? straight(from, to) : around(from, to, lanes) };
  });
}

/** Whether a straight line can connect the boxes. An element without a fixed position has a straight line only from ReceiveDemux. */
function isStraight(from: Box, to: Box): boolean {
  if (from.node === undefined || to.node === undefined) return true;
  return isPlaced(from.node) && (isPlaced(to.node) || from.node.element === "ReceiveDemux");
}

/** From the right of one box to the left of the other, below everything. */
function around(from: Box, to: Box, lanes: Lanes): readonly Point[] {
  const [start, end] = [right(from) + BESIDE, to.x - BESIDE];
  const [leaves, arrives] = [centre(from).y, centre(to).y];
  return [
    { x: right(from), y: leaves },
    { x: start, y: leaves },
    { x: start, y: lanes.around },
    { x: end, y: lanes.around },
    { x: end, y: arrives },
    { x: to.x, y: arrives },
  ];
}

/** A horizontal line at the middle of the smaller box. The larger box has many ports, so its middle would fit only one line. */
function straight(from: Box, to: Box): readonly Point[] {
  const { y } = centre(from.height < to.height ? from : to);
  return [
    { x: right(from), y },
    { x: to.x, y },
  ];
}

function intoTables(from: Box, to: Box, { toTables }: Lanes): readonly Point[] {
  if (from.x !== to.x) {
    const y = to.y + TABLES_IN;
    return [
      { x: right(from), y },
      { x: to.x, y },
    ];
  }
  const start = centre(from).y;
  const end = centre(to).y;
  return [
    { x: right(from), y: start },
    { x: toTables, y: start },
    { x: toTables, y: end },
    { x: right(to), y: end },
  ];
}

function outOfTables(from: Box, to: Box, { fromTables }: Lanes): readonly Point[] {
  const start = from.y + TABLES_OUT;
  const end = centre(to).y;
  return [
    { x: from.x, y: start },
    { x: fromTables, y: start },
    { x: fromTables, y: end },
    { x: to.x, y: end },
  ];
}

function backToMux(from: Box, mux: Box, lanes: Lanes): readonly Point[] {
  const wrapped = from.node?.element === "OverlaySendWrap";
  const lane = wrapped ? lanes.wrapped : lanes.local;
  const x = centre(mux).x + (wrapped ? -HALF_RETURN_GAP : HALF_RETURN_GAP);
  const home = [
    { x, y: lane },
    { x, y: bottom(mux) },
  ];
  const isBesideLane = from.kind === "strand" || (from.node !== undefined && !isPlaced(from.node));
  const aside = wrapped ? lanes.aroundExits : isBesideLane ? lanes.toMux : undefined;
  const middle = centre(from);
  if (aside === undefined) return [{ x: middle.x, y: bottom(from) }, { x: middle.x, y: lane }, ...home];
  return [{ x: right(from), y: middle.y }, { x: aside, y: middle.y }, { x: aside, y: lane }, ...home];
}
