/** What Prometheus calls a metric family: samples that share a name and a meaning. */
export interface MetricFamily {
  /** `mosaic_steps_total`: letters, digits, `_` and `:`; a counter ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** Samples of one thing share one object: it is put into words once for all of them. */
  readonly labels: Labels;
  readonly value: number;
}

/** By label name: letters, digits and `_`. Values are any text. */
export type Labels = Readonly<Record<string, string>>;

/** Of what a node has one of. */
export const NO_LABELS: Labels = {};

/** What an HTTP answer with such a text says it is. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The families in Prometheus' text format, version 0.0.4; those without samples are left out. */
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

function labelText(labels: Labels, known: Map<Labels, string>): string {
  const text = known.get(labels);
  if (text !== undefined) return text;
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  const made = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  known.set(labels, made);
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
  return escapeHelp(text).replaceAll('"', '\\"');
}
