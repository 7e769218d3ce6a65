import type { GraphEdge, GraphNode } from "../../../runtime/plan/contract/graph.ts";

/** A drawing of a dataflow with all positions in pixels. `lay-out.ts` makes it, `svg.ts` writes it. */
export interface Figure {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** A box that encloses other boxes stands before them in the list. */
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
  /** `added`: an element that MOSAIC added to P2 (bold in the figure of the paper). `frame` and `rule` enclose other boxes. */
  readonly kind: "frame" | "rule" | "strand" | "element" | "added" | "tables" | "end";
  readonly node: GraphNode | undefined;
  readonly title: string;
  /** Small text to the right of the title or below it; several lines for `tables`. */
  readonly detail: string;
  /** Tooltip of the box. */
  readonly hint: string;
}

export interface Line {
  readonly edge: GraphEdge;
  /** `onward` to the next element, `back` to Mux, `rows` to and from the tables. */
  readonly kind: "onward" | "back" | "rows";
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Text on a line of the drawing, at the `y` of the line. */
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
