import type { GraphEdge } from "../../../runtime/plan/contract/graph.ts";
import { type Box, bottom, centre, type Line, type Point, right } from "./figure.ts";

/** Positions of lines that many edges share: `y` of the two paths back to Mux, `x` of the lines that lead to them. */
export interface Lanes {
  readonly local: number;
  readonly wrapped: number;
  readonly aroundExits: number;
  readonly fromTables: number;
  readonly toTables: number;
  readonly toMux: number;
}

/** Half the distance between the two paths back where they enter Mux. */
const HALF_RETURN_GAP = 14;
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
    return { edge, kind: "onward", points: straight(from, to) };
  });
}

/** A horizontal line at the middle of the smaller box, because the larger one has many ports. */
function straight(from: Box, to: Box): readonly Point[] {
  const { y } = centre(from.height < to.height ? from : to);
  return [
    { x: right(from), y },
    { x: to.x, y },
  ];
}

function intoTables(from: Box, to: Box, { toTables }: Lanes): readonly Point[] {
  if (from.kind !== "strand") {
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
  const aside = wrapped ? lanes.aroundExits : from.kind === "strand" ? lanes.toMux : undefined;
  const middle = centre(from);
  if (aside === undefined) return [{ x: middle.x, y: bottom(from) }, { x: middle.x, y: lane }, ...home];
  return [{ x: right(from), y: middle.y }, { x: aside, y: middle.y }, { x: aside, y: lane }, ...home];
}
