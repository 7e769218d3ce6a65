import { describe, expect, test } from "vitest";
import type { Box, Figure, Line, Rectangle } from "../../../src/cli/explain/figure.ts";
import { layOutFigure } from "../../../src/cli/explain/lay-out.ts";
import { selectAll, selectRule } from "../../../src/cli/explain/selection.ts";
import { svg } from "../../../src/cli/explain/svg.ts";
import { FileLibrary } from "../../../src/cli/files/file-library.ts";
import { compile } from "../../../src/compile.ts";

const LAYERED = `import "ron.mzl". import "ron.mzl" as backup. import "tunnel.mzl".
  r: said@backup::"<&>"(X) :- heard("a \\"quoted\\" text", X).
  a_rule_with_a_name_that_is_longer_than_a_card: heard(X, X) :- another_event_that_has_a_rather_long_name(X).`;

const MANY_OVERLAYS = ["a", "b", "c", "d", "e"].map((name) => `import "ron.mzl" as ${name}.`).join(" ");

const CHANNEL = `import "tunnel.mzl".
  materialize(link, infinity, infinity, keys(1,2)).
  materialize(reachable, infinity, infinity, keys(1,2)).
  r1: reachable(@X, Y) :- link(@X, Y).
  r2: reachable(@X, Z) :- link(@X, Y), reachable(@Y, Z).
  c: opened(S) :- go(A), tcp.connect(A, &S).`;

const PROGRAMS: readonly { readonly name: string; readonly text: string; readonly rule?: string }[] = [
  { name: "no rule at all", text: "" },
  { name: "ping", text: 'import "ping.mzl".' },
  { name: "tunnel", text: 'import "tunnel.mzl".' },
  { name: "ron", text: 'import "ron.mzl".' },
  { name: "two overlays and a tunnel", text: LAYERED },
  {
    name: "calls of TCP",
    text: "a: done(P) :- go(A), tcp.connect(A, &S), tcp.read(S, 0, &P). b: gone(S) :- tcp.closed(S).",
  },
  { name: "rows for other nodes, a tunnel and TCP", text: CHANNEL },
  { name: "a rule that defines a table, among many overlays", text: MANY_OVERLAYS, rule: "a.l1" },
];

function figureOf(text: string, rule?: string): Figure {
  const library = new FileLibrary();
  library.addText("case.mzl", text);
  const { plan } = compile(["case.mzl"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error("the program has errors");
  const chosen = rule === undefined ? selectAll(plan) : selectRule(plan, rule);
  if (chosen === undefined) throw new Error("the program has no such rule");
  return layOutFigure(chosen, "case.mzl");
}

describe.each(PROGRAMS)("the drawing of $name", ({ text, rule }) => {
  const figure = figureOf(text, rule);
  const drawing = svg(figure);

  test("is well-formed XML", () => {
    expect(openAtTheEnd(drawing)).toEqual([]);
  });

  test("has no boxes that overlap, unless one encloses the other", () => {
    const pairs = figure.boxes.flatMap((one, at) => figure.boxes.slice(at + 1).map((other) => [one, other] as const));
    const wrong = pairs.filter(([one, other]) => overlap(one, other) && !encloses(one, other));
    expect(wrong.map(([one, other]) => `${one.title} and ${other.title}`)).toEqual([]);
  });

  test("has no line through a box that is not one of its ends", () => {
    const solid = figure.boxes.filter((box) => box.kind !== "frame" && box.kind !== "rule");
    const wrong = figure.lines.flatMap((line) => crossed(line, solid).map((box) => `${nameOf(line)}: ${box.title}`));
    expect(wrong).toEqual([]);
  });

  test("begins and ends every line at the edges of its two boxes", () => {
    const loose = figure.lines.filter(({ edge, points }) => {
      const [from, to] = [edge.from, edge.to].map((id) => figure.boxes.find((box) => box.node?.id === id));
      return !onEdge(from, points[0]) || !onEdge(to, points.at(-1));
    });
    expect(loose.map(nameOf)).toEqual([]);
  });

  test("stays within its borders, below its title", () => {
    const all = [...figure.boxes.flatMap(cornersOf), ...figure.lines.flatMap((line) => line.points)];
    expect(all.filter(({ x, y }) => x < 0 || y < 48 || x > figure.width || y > figure.height)).toEqual([]);
  });
});

test("ron shows every element of Figure 4 once, and every strand", () => {
  const drawing = svg(figureOf('import "ron.mzl". import "tunnel.mzl".'));
  const elements = [...drawing.matchAll(/data-element="([^"]+)"/g)].map((match) => String(match[1]));
  expect(elements.filter((name) => name !== "Strand").toSorted()).toEqual([
    "Discard",
    "LocSpecDemux",
    "Mux",
    "NetworkIn",
    "NetworkOut",
    "OverlayRecvUnwrap",
    "OverlaySendWrap",
    "ReceiveDemux",
    "RoundRobin",
    "Tables",
    "TunRx",
    "TunTx",
  ]);
  const strands = [...drawing.matchAll(/data-node="Strand\(([^"]+)\)"/g)].map((match) => String(match[1]));
  expect(strands).toEqual([...new Set(strands)]);
  expect(strands).toContain("ron.snd");
});

test("the figure reads from left to right in the order of the figure of the paper from top to bottom", () => {
  const { boxes } = figureOf('import "ron.mzl". import "tunnel.mzl".');
  const order = [
    "NetworkIn",
    "Mux",
    "OverlayRecvUnwrap",
    "ReceiveDemux",
    "Strand",
    "TunTx",
    "TunRx",
    "RoundRobin",
    "LocSpecDemux",
    "NetworkOut",
  ];
  const places = order.map((element) => boxes.find((box) => box.node?.element === element)?.x ?? Number.NaN);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

/** Tags that are open at the end of the text, and tags that were closed in the wrong order. */
function openAtTheEnd(xml: string): readonly string[] {
  const open: string[] = [];
  const rest = xml.replace(
    /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gi,
    (_, close: string, name: string, __, empty: string) => {
      if (close === "/" && open.pop() !== name) open.push(`/${name}`);
      else if (close === "" && empty === "") open.push(name);
      return "";
    },
  );
  const stray = rest.match(/[<>]|&(?!(?:amp|lt|gt|quot);)/g) ?? [];
  return [...open, ...stray];
}

function overlap(one: Rectangle, other: Rectangle): boolean {
  const apart =
    one.x + one.width <= other.x ||
    other.x + other.width <= one.x ||
    one.y + one.height <= other.y ||
    other.y + other.height <= one.y;
  return !apart;
}

function encloses(outer: Box, inner: Box): boolean {
  return (
    (outer.kind === "frame" || outer.kind === "rule") &&
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    outer.x + outer.width >= inner.x + inner.width &&
    outer.y + outer.height >= inner.y + inner.height
  );
}

function crossed({ points }: Line, boxes: readonly Box[]): readonly Box[] {
  return boxes.filter((box) => points.slice(1).some((point, at) => overlap(box, spanned(point, points[at] ?? point))));
}

function spanned(one: { x: number; y: number }, other: { x: number; y: number }): Rectangle {
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  return { x, y, width: Math.abs(one.x - other.x), height: Math.abs(one.y - other.y) };
}

function onEdge(box: Box | undefined, point: { x: number; y: number } | undefined): boolean {
  if (box === undefined || point === undefined) return false;
  const { x, y, width, height } = box;
  const within = point.x >= x && point.x <= x + width && point.y >= y && point.y <= y + height;
  return within && (point.x === x || point.x === x + width || point.y === y || point.y === y + height);
}

function cornersOf({ x, y, width, height }: Rectangle): readonly { x: number; y: number }[] {
  return [
    { x, y },
    { x: x + width, y: y + height },
  ];
}

function nameOf({ edge }: Line): string {
  return `${edge.from} ${edge.port} ${edge.to}`;
}
