import type { GraphEdge, GraphNode } from "../../../runtime/plan/contract/graph.ts";

/** A drawing of a dataflow: what stands where, in pixels, before it is written as SVG. */
export interface Figure {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** What encloses others stands before them. */
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
  readonly notes: readonly Note[];
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Box extends Rectangle {
  /** `added` is what MOSAIC added to the dataflow of P2, bold in its figure; `frame` and `rule` only enclose. */
  readonly kind: "frame" | "rule" | "strand" | "element" | "added" | "tables" | "end";
  readonly node: GraphNode | undefined;
  readonly title: string;
  /** Small, to the right of the title or below it; several lines where it is the tables'. */
  readonly detail: string;
  /** What a pointer that rests on the box is told. */
  readonly hint: string;
}

export interface Line {
  readonly edge: GraphEdge;
  /** Where its tuples go: on, back to Mux, or to and from the tables. */
  readonly kind: "onward" | "back" | "rows";
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Words beside a line; `y` is that of the line they stand on. */
export interface Note extends Point {
  readonly text: string;
}

export function right({ x, width }: Rectangle): number {
  return x + width;
}

export function bottom({ y, height }: Rectangle): number {
  return y + height;
}

export function centre({ x, y, width, height }: Rectangle): Point {
  return { x: x + width / 2, y: y + height / 2 };
}
