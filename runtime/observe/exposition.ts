import { createHash } from "node:crypto";
import { printableLines } from "../plan/values/printable.ts";

/** Metric family of Prometheus: samples that share a name and a meaning. */
export interface MetricFamily {
  /** `mosaic_steps_total`: letters, digits, `_` and `:`; a counter ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** Samples with the same labels share one object, so that the text of the labels is rendered once. */
  readonly labels: Labels;
  readonly value: number;
}

/** Label values by label name. Names consist of letters, digits and `_`; values are any text. */
export type Labels = Readonly<Record<string, string>>;

/**
 * Number of characters of a label value that are shown. A hash of the whole value replaces the rest, so that different values have
 * different labels.
 */
const LONGEST_LABEL = 1_000;

/** Labels of a metric with one sample. */
export const NO_LABELS: Labels = {};

/** Content type of the text format. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Renders the families in the text format of Prometheus, version 0.0.4. Leaves out families without samples. */
export function exposition(families: readonly MetricFamily[]): string {
  const labelTexts = new Map<Labels, string>([[NO_LABELS, ""]]);
  let text = "";
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue;
    text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const { labels, value } of samples) text += `${name}${labelText(labels, labelTexts)} ${valueText(value)}\n`;
  }
  return text;
}

function labelText(labels: Labels, rendered: Map<Labels, string>): string {
  const text = rendered.get(labels);
  if (text !== undefined) return text;
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  const made = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  rendered.set(labels, made);
  return made;
}

function valueText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(shown(text)).replaceAll('"', '\\"');
}

/** Returns the text itself if it is short and printable; otherwise a printable form of its beginning, with a hash of the whole text. */
function shown(text: string): string {
  const part = printableLines(text.slice(0, LONGEST_LABEL));
  return part === text ? text : `${part}… sha1 ${createHash("sha1").update(text).digest("hex")}`;
}
