/**
 * Writes a figure as SVG, for `mosaic explain --svg`. `lay-out.ts` has computed all positions; this file knows only shapes, text and
 * colours.
 */
import { type Box, centre, type Figure, type Line, type Note, type Point, right } from "./figure.ts";

const TITLE_SIZE = 20;
const CORNER = 7;
const PADDING = 12;
/** Number of characters that fit on each side of the row of a strand. */
const MAX_CELL_WIDTH = 29;

const STYLE = `
  svg { background: #ffffff; }
  text { font: 13px ui-sans-serif, system-ui, "Helvetica Neue", "DejaVu Sans", sans-serif; fill: #1f2328; }
  .heading { font-size: ${TITLE_SIZE}px; font-weight: 600; }
  .small, .strand text { font: 12px ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
  .small, .note, .strand .small { fill: #59636e; }
  .note { font-size: 12px; font-style: italic; }
  .paper { fill: #ffffff; }
  .box { stroke: #59636e; stroke-width: 1.2; fill: #ffffff; }
  .frame .box { stroke: none; fill: #e6eaef; }
  .rule .box { stroke: #afb8c1; }
  .strand .box { stroke: none; fill: none; }
  .element .box, .added .box { fill: #f6f8fa; }
  .added .box { stroke: #0b57b0; stroke-width: 2.4; fill: #e8f1fd; }
  .element .name, .added .name, .end .name { font-size: 15px; }
  .added .name, .rule .name, .frame .name, .tables .name { font-weight: 700; }
  .tables .box { stroke: #8a5a00; fill: #fff8e5; }
  .end .box { stroke-dasharray: 4 3; fill: none; }
  .line { fill: none; stroke: #424a53; stroke-width: 1.4; }
  .back { stroke: #0b57b0; }
  .rows { stroke: #a06a00; }
  .tip-onward { fill: #424a53; }
  .tip-back { fill: #0b57b0; }
  .tip-rows { fill: #a06a00; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    text { fill: #e6edf3; }
    .small, .note, .strand .small { fill: #9da7b3; }
    .paper { fill: #0d1117; }
    .box { stroke: #8b949e; fill: #0d1117; }
    .frame .box { fill: #21262d; }
    .rule .box { stroke: #484f58; }
    .element .box { fill: #161b22; }
    .added .box { stroke: #58a6ff; fill: #10243e; }
    .tables .box { stroke: #d29922; fill: #2b2111; }
    .line { stroke: #b1bac4; }
    .back { stroke: #58a6ff; }
    .rows { stroke: #d29922; }
    .tip-onward { fill: #b1bac4; }
    .tip-back { fill: #58a6ff; }
    .tip-rows { fill: #d29922; }
  }
`;

/** Returns the figure as a self-contained SVG. Its text can be selected, and its colours follow the light or dark scheme. */
export function svg(figure: Figure): string {
  const { title, width, height, boxes, lines, notes } = figure;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(`The dataflow of ${title}`)}</title>`,
    `<style>${STYLE}</style>`,
    `<defs>${(["onward", "back", "rows"] as const).map(arrowTip).join("")}</defs>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<text class="heading" x="24" y="38">${escaped(title)}</text>`,
    ...boxes.filter((box) => box.kind === "frame").map(boxElement),
    ...boxes.filter((box) => box.kind === "rule").map(boxElement),
    ...lines.map(lineElement),
    ...boxes.filter((box) => box.kind !== "frame" && box.kind !== "rule").map(boxElement),
    ...notes.map(noteElement),
    "</svg>",
  ].join("\n");
}

function arrowTip(kind: Line["kind"]): string {
  const size = 'viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse"';
  return `<marker id="tip-${kind}" ${size} orient="auto"><path class="tip-${kind}" d="M0 0 8 4 0 8z"/></marker>`;
}

function boxElement(box: Box): string {
  const { node, kind, hint, x, y, width, height } = box;
  const named = node === undefined ? "" : ` data-node="${escaped(node.id)}" data-element="${escaped(node.element)}"`;
  const corners = kind === "strand" ? "" : ` rx="${kind === "tables" ? 14 : 5}"`;
  return [
    `<g class="${kind}"${named}>`,
    hint === "" ? "" : `<title>${escaped(hint)}</title>`,
    `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}"${corners}/>`,
    ...boxTexts(box),
    "</g>",
  ].join("");
}

function boxTexts(box: Box): readonly string[] {
  const { kind, x, y, title, detail } = box;
  const middle = centre(box);
  const left = x + PADDING;
  const end = right(box) - PADDING;
  switch (kind) {
    case "frame":
      return [text({ x: left, y: y + 22 }, title, "name", "start")];
    case "rule":
      return [
        text({ x: left, y: y + 18 }, truncated(title), "name", "start"),
        text({ x: end, y: y + 18 }, detail, "small", "end"),
      ];
    case "strand":
      return [
        text({ x: left, y: middle.y + 4 }, truncated(title), "", "start"),
        text({ x: end, y: middle.y + 4 }, truncated(detail), "small", "end"),
      ];
    case "tables":
      return [
        text({ x: left, y: y + 19 }, title, "name", "start"),
        ...detail.split("\n").map((line, at) => text({ x: left, y: y + 38 + at * 17 }, line, "small", "start")),
      ];
    default:
      if (detail === "") return [text({ x: middle.x, y: middle.y + 5 }, title, "name", "middle")];
      return [
        text({ x: middle.x, y: middle.y - 3 }, title, "name", "middle"),
        text({ x: middle.x, y: middle.y + 15 }, truncated(detail), "small", "middle"),
      ];
  }
}

function text({ x, y }: Point, content: string, style: string, anchor: "start" | "middle" | "end"): string {
  const named = style === "" ? "" : ` class="${style}"`;
  return `<text${named} x="${x}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function truncated(cell: string): string {
  return cell.length > MAX_CELL_WIDTH ? `${cell.slice(0, MAX_CELL_WIDTH - 1)}…` : cell;
}

function lineElement({ edge, kind, points }: Line): string {
  const named = `data-from="${escaped(edge.from)}" data-port="${escaped(edge.port)}" data-to="${escaped(edge.to)}"`;
  const hint = `<title>${escaped(`${edge.from} ${edge.port} → ${edge.to}`)}</title>`;
  return `<path class="line ${kind}" ${named} d="${path(points)}" marker-end="url(#tip-${kind})">${hint}</path>`;
}

/** The path of a line with round corners. Round corners show where lines join; where lines only cross, there is none. */
function path(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const steps = rest.map((point, at) => {
    const before = points[at] as Point;
    const next = points[at + 2];
    if (next === undefined) return `L${point.x} ${point.y}`;
    const arrive = pointTowards(point, before);
    const leave = pointTowards(point, next);
    return `L${arrive.x} ${arrive.y}Q${point.x} ${point.y} ${leave.x} ${leave.y}`;
  });
  return `M${first.x} ${first.y}${steps.join("")}`;
}

/** The point on the line from one point to another where the round corner begins. */
function pointTowards(from: Point, to: Point): Point {
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  const part = distance === 0 ? 0 : Math.min(CORNER, distance / 2) / distance;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function noteElement({ x, y, text: words }: Note): string {
  return text({ x, y: y - 6 }, words, "note", "start");
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
