/**
 * Drawing of a figure: ECharts makes an SVG without a browser, and resvg makes a PNG of it. Both are optional packages, loaded when the
 * first figure is drawn: they take 0.2 s.
 */
import { createRequire } from "node:module";
import type { EChartsOption, LineSeriesOption } from "echarts";
import { printable } from "../../runtime/plan/values/printable.ts";
import type { Figure, Mark, Series } from "./figure.ts";

/** Draws figures. Equal figures give equal SVGs. */
export interface Drawer {
  svg(figure: Figure, marks: readonly Mark[]): string;
  /** Returns the PNG of an SVG, with two pixels for each of its units. */
  png(svg: string): Uint8Array;
}

const WIDTH = 960;
const HEIGHT = 320;
const PIXELS_PER_UNIT = 2;
const FONT = "DejaVu Sans";
const FONT_FILE = "dejavu-fonts-ttf/ttf/DejaVuSans.ttf";

/** Margins that all figures share, so that their time axes are aligned. */
const GRID = { left: 200, right: 40, top: 64, bottom: 44 };

/** Loads the packages that draw. Returns undefined if one of them is not installed. */
export async function loadDrawer(): Promise<Drawer | undefined> {
  try {
    const { init } = await import("echarts");
    const { Resvg } = await import("@resvg/resvg-js");
    const fontFile = createRequire(import.meta.url).resolve(FONT_FILE);
    const font = { fontFiles: [fontFile], loadSystemFonts: false, defaultFontFamily: FONT };
    return {
      svg: (figure, marks) => {
        const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
        chart.setOption(optionOf(figure, marks));
        const drawn = chart.renderToSVGString();
        // Without `dispose` the process would not end.
        chart.dispose();
        return withFixedIds(drawn);
      },
      png: (svg) => new Resvg(svg, { font, fitTo: { mode: "zoom", value: PIXELS_PER_UNIT } }).render().asPng(),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.endsWith("MODULE_NOT_FOUND") === true) return undefined;
    throw error;
  }
}

/** Replaces the number of the chart in the process, with which the ids and classes of ECharts begin. */
function withFixedIds(svg: string): string {
  return svg.replace(/\bzr\d+-/g, "zr-");
}

function optionOf(figure: Figure, marks: readonly Mark[]): EChartsOption {
  const axis = valueAxis(figure);
  return {
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: FONT },
    title: { text: printable(figure.title), left: 8, top: 4, textStyle: { fontSize: 14, fontFamily: FONT } },
    legend: {
      type: "plain",
      right: 40,
      itemGap: 24,
      top: 6,
      icon: "rect",
      itemHeight: 3,
      textStyle: { fontFamily: FONT },
    },
    grid: GRID,
    xAxis: { type: "value", min: 0, max: figure.duration, name: "seconds", nameLocation: "middle", nameGap: 26 },
    yAxis: axis.option,
    series: figure.series.map((series, number) => lineOf(series, axis, number === 0 ? marks : [], figure)),
  };
}

/** Value axis of a figure, and the function from values of points to its values. */
interface ValueAxis {
  readonly option: NonNullable<EChartsOption["yAxis"]>;
  readonly of: (value: number | string | null) => number | null;
}

const UNITS = [
  { name: "Gbit/s", bits: 1e9 },
  { name: "Mbit/s", bits: 1e6 },
  { name: "kbit/s", bits: 1e3 },
] as const;

function valueAxis({ kind, series }: Figure): ValueAxis {
  if (kind === "path") return pathAxis(series);
  const numbers = series.flatMap(({ points }) => points.map(({ value }) => (typeof value === "number" ? value : 0)));
  const most = numbers.reduce((greatest, one) => Math.max(greatest, one), 0);
  const unit = UNITS.find(({ bits }) => most >= bits) ?? { name: "bit/s", bits: 1 };
  const { name, scale } = kind === "rtt" ? { name: "ms", scale: 1e-3 } : { name: unit.name, scale: unit.bits };
  return {
    option: { type: "value", name, min: 0, nameTextStyle: { align: "right" } },
    of: (value) => (typeof value === "number" ? value / scale : null),
  };
}

/** Text on the axis for a path that does not exist. */
const NO_PATH = "no path";

/** Axis with the paths in the order in which the run shows them, from below. */
function pathAxis(series: readonly Series[]): ValueAxis {
  const paths = [
    ...new Set(series.flatMap(({ points }) => points.map(({ value }) => (value === null ? NO_PATH : String(value))))),
  ];
  const axisLabel = { width: GRID.left - 20, overflow: "break" as const };
  return {
    option: { type: "category", data: paths.map((path) => printable(path)), axisLabel, splitLine: { show: true } },
    of: (value) => paths.indexOf(value === null ? NO_PATH : String(value)),
  };
}

/** Number of points up to which each is marked, so that a lone point is visible. */
const SYMBOLS_MAX = 200;

function lineOf(
  { name, points }: Series,
  axis: ValueAxis,
  marks: readonly Mark[],
  { kind, duration }: Figure,
): LineSeriesOption {
  const data = points.map(({ t, value }) => [t, axis.of(value)]);
  // The last value holds to the end of the run.
  const last = data.at(-1);
  const isStep = kind !== "rtt";
  if (isStep && last !== undefined) data.push([duration, last[1] ?? null]);
  return {
    type: "line",
    name: printable(name),
    data,
    // A value holds until the next point. On a category axis ECharts exchanges the names of the two ends.
    ...(isStep && { step: kind === "path" ? ("start" as const) : ("end" as const) }),
    showSymbol: kind === "rtt" && points.length <= SYMBOLS_MAX,
    symbolSize: 3,
    lineStyle: { width: 1.5 },
    ...(marks.length > 0 && { markLine: markLine(marks) }),
  };
}

/** Number of events up to which each has its text beside its line. */
const TEXTS_MAX = 8;
const TEXT_LENGTH = 40;

function markLine(marks: readonly Mark[]): NonNullable<LineSeriesOption["markLine"]> {
  const texts = Map.groupBy(marks, ({ t }) => t);
  const hasText = texts.size <= TEXTS_MAX;
  return {
    symbol: "none",
    silent: true,
    animation: false,
    lineStyle: { color: "#888888", type: "dashed", width: 1 },
    label: { show: hasText, formatter: "{b}", position: "insideEndTop", fontFamily: FONT, fontSize: 10 },
    data: [...texts].map(([t, all]) => ({ xAxis: t, name: shortened(all.map(({ text }) => text).join(", ")) })),
  };
}

function shortened(text: string): string {
  const shown = printable(text);
  return shown.length > TEXT_LENGTH ? `${shown.slice(0, TEXT_LENGTH - 1)}…` : shown;
}
